// What the pages do by themselves. Everything is rendered by the server; without this the forms work.
import "./clock.js";
import "./stream.js";
import "./beat.js";
import "./rows.js";
import "./queue.js";
import "./pane.js";
import "./acts.js";
import "./alarms.js";
import "./keyboard.js";
import "./palette.js";
import "./sites.js";
import "./scheme.js";
import "./tally.js";
import "./returns.js";
import "./shell.js";
import "./codes.js";
import "./views.js";
