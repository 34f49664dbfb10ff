"""A plan as a picture: SVG, a box a step, an arrow where its outcomes lead. Pure text.

Boxes stand in the plan's order. Arrows to a step share one lane at the right, a way back runs at
the left, dashed. Everything is drawn in ``currentColor`` and tints, so it takes the colours of its
page; blue means a human, green a closure. Texts of plans are escaped, and cut where they are long.
Neither scripts nor styles: nothing that a content policy would stop.
"""

from callflow.core.plans.picture.draw import draw
