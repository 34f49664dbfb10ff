// Passkeys: hands the browser the server's options and the server the browser's answer.
class Refusal extends Error {}

function begin() {
  document.querySelectorAll("[data-passkey]").forEach(offer);
}

function offer(place) {
  const said = place.querySelector("[data-passkey-said]");
  const form = place.querySelector("form");
  const button = place.querySelector("[data-passkey-go]");

  async function post(address, body, headers) {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const found = await answer.json();
    if (!answer.ok) throw new Refusal(found.detail);
    return found;
  }

  function refuse(error) {
    // A browser's own words for a ceremony that was cancelled or failed are nobody's language.
    said.textContent = error instanceof Refusal ? error.message : place.dataset.failed;
    said.hidden = false;
  }

  async function logIn() {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(place.dataset.options));
    const credential = await navigator.credentials.get({ publicKey });
    const { next } = await post(place.dataset.send, credential.toJSON());
    location.assign(next);
  }

  async function add() {
    const fields = Object.fromEntries(new FormData(form));
    const headers = { "X-CSRF-Token": fields.csrf };
    const options = await post(`${form.action}/options`, { password: fields.password }, headers);
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    await post(form.action, { name: fields.name, credential: credential.toJSON() }, headers);
    location.assign("/account?added=passkey");
  }

  async function run(ceremony) {
    said.hidden = true;
    try {
      await ceremony();
    } catch (error) {
      refuse(error);
    }
  }

  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(add);
    });
  } else {
    button.addEventListener("click", () => run(logIn));
  }
  button.disabled = false; // pressed before, it did nothing or sent the form without a passkey
}

begin();
document.addEventListener("callflow:page", begin);
