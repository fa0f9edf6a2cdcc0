"use strict";

const menu = document.querySelector(".menu");
const nav = document.getElementById("menu");
menu.addEventListener("click", () => {
  const open = nav.classList.toggle("open");
  menu.setAttribute("aria-expanded", String(open));
});

const chatButton = document.querySelector("button.chat");
const chat = document.getElementById("chat");

function openChat() {
  if (!chat.firstElementChild) {
    const frame = document.createElement("iframe");
    frame.title = "Chat";
    frame.src = "/widget";
    chat.append(frame);
  }
  chat.hidden = !chat.hidden;
  chatButton.setAttribute("aria-expanded", String(!chat.hidden));
  chatButton.textContent = chat.hidden ? "Chat with us" : "Close chat";
}

{% if not (phone and broken("widget-dead-on-phones")) %}
chatButton.addEventListener("click", openChat);
{% endif %}
