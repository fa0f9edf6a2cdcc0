"use strict";

const form = document.getElementById("pay");
const button = document.getElementById("pay-now");
const status = document.getElementById("pay-status");
const problem = document.getElementById("pay-problem");

function luhn(number) {
  const digits = number.replace(/[ -]/g, "");
  if (!/^\d{13,19}$/.test(digits)) return false;
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (1 + (place % 2));
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

function problems(fields) {
  const found = {};
  if (!fields.name.trim()) found.name = "Enter the name on your card";
  if (!luhn(fields.card)) found.card = "Enter a valid card number";
  if (!/^(0[1-9]|1[0-2]) ?\/ ?\d\d$/.test(fields.expiry.trim())) found.expiry = "Enter an expiry date in the future, like 12/34";
  if (!/^\d{3,4}$/.test(fields.code.trim())) found.code = "Enter the 3 or 4 digits of the security code";
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(fields.email.trim())) found.email = "Enter a valid e-mail address";
  if (!/^\+?[\d ()-]{7,20}$/.test(fields.mobile.trim())) found.mobile = "Enter a valid mobile number";
  return found;
}

function show(found) {
  for (const place of form.querySelectorAll("span.problem")) {
    const name = place.id.replace("-problem", "");
    place.textContent = found[name] || "";
    document.getElementById(name).setAttribute("aria-invalid", String(name in found));
  }
  const first = form.querySelector("[aria-invalid=true]");
  if (first) first.focus();
}

function settle(waiting) {
{% if not broken("paying-twice-makes-two-orders") %}
  button.disabled = waiting;
{% endif %}
  status.textContent = waiting ? "Paying…" : "";
}

async function pay() {
  const fields = { ...Object.fromEntries(new FormData(form)), checkout: form.dataset.checkout };
  const found = problems(fields);
  show(found);
  problem.textContent = "";
  if (Object.keys(found).length) return;
  settle(true);
  try {
    const answer = await fetch("/api/pay", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    const told = await answer.json();
    if (answer.ok) return location.assign(told.next);
    show(told.errors || {});
    problem.textContent = told.error || "";
  } catch {
    problem.textContent = "We could not reach the payment service. You have not been charged.";
  }
  settle(false);
}

{% if phone and broken("pay-button-dead-on-phones") %}
window.wallet.session.begin(button);
{% endif %}
button.addEventListener("click", pay);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
