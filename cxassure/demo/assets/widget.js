"use strict";

const log = document.getElementById("log");
const typing = document.getElementById("typing");
const quick = document.getElementById("quick");
const form = document.getElementById("write");
const text = document.getElementById("text");
let socket;
let tries = 0;
let bubbles = 0;

function bubble(who, said) {
  const place = document.createElement("div");
  place.className = `bubble ${who}`;
  place.dataset.bubble = String(++bubbles);
{% if broken("answer-carries-markup") %}
  place.innerHTML = said;
{% else %}
  place.textContent = said;
{% endif %}
  log.append(place);
  log.scrollTop = log.scrollHeight;
}

function offer(options) {
  quick.replaceChildren();
  for (const option of options) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = option;
    button.addEventListener("click", () => send("quick_reply", option));
    quick.append(button);
  }
}

function send(type, said) {
  if (!said.trim() || socket.readyState !== WebSocket.OPEN) return;
  bubble("customer", said);
  offer([]);
  socket.send(JSON.stringify({ type, text: said }));
}

const takes = {
  conversation: (frame) => { tries = 0; sessionStorage.setItem("conversation", frame.id); },
  history: (frame) => {
    log.replaceChildren();
    frame.lines.forEach((line) => bubble(line.from === "customer" ? "customer" : "bot", line.text));
  },
  typing: () => { typing.textContent = "Birch is typing…"; },
  message: (frame) => { typing.textContent = ""; bubble("bot", frame.text); },
  agent_message: (frame) => bubble("agent", `${frame.from}: ${frame.text}`),
  quick_replies: (frame) => offer(frame.options),
};

function connect() {
  const known = sessionStorage.getItem("conversation");
  const query = known ? `?conversation=${encodeURIComponent(known)}` : "";
  socket = new WebSocket(`ws://${location.host}/bot/socket${query}`);
  socket.addEventListener("message", (event) => {
    const frame = JSON.parse(event.data);
    (takes[frame.type] || (() => {}))(frame);
  });
  socket.addEventListener("close", () => {
    typing.textContent = "The connection was lost.";
    if (tries++ < 3) setTimeout(connect, 500);
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send("message", text.value);
  text.value = "";
});
connect();
