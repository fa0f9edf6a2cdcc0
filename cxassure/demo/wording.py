"""What the bot says, in English and in the German it should never fall into."""

from __future__ import annotations

ENGLISH = {
    "greeting": "Hello, I am Birch, the Birch & Bay assistant. How can I help you?",
    "hello again": "Hello. How can I help you?",
    "ask order": "What is your order number?",
    "found": "Thanks, I found order {order}.",
    "unknown order": "I cannot find an order with the number {order}. Please check it.",
    "hours": "We are open {hours}.",
    "returns": "You can return an unused gift card within 30 days.",
    "returns how": "Open your order page and choose Cancel this order, or send the card back.",
    "cancel": "To cancel order {order}, open its order page and choose Cancel this order.",
    "ask card": "What is the eight-digit number of your gift card?",
    "balance": "Your gift card {card} has a balance of {amount}.",
    "unknown card": "I cannot find a gift card with the number {card}. Please check it.",
    "fallback": "Sorry, I did not understand that. Could you say it in other words?",
    "offer person": "Sorry, I still do not understand. Would you like to speak to a person?",
    "transfer": "I'm transferring you to our {queue} team. Your case number is {case}.",
    "thanks": "You are welcome. Have a lovely day.",
    "dead end": "I am sorry, I cannot help with that.",
}

GERMAN = {
    "greeting": "Hallo, ich bin Birch. Wie kann ich Ihnen helfen?",
    "hello again": "Hallo. Wie kann ich Ihnen helfen?",
    "ask order": "Wie lautet Ihre Bestellnummer?",
    "found": "Danke, ich habe die Bestellung {order} gefunden.",
    "unknown order": "Ich finde keine Bestellung mit der Nummer {order}.",
    "hours": "Wir haben jeden Tag von 8 bis 22 Uhr geöffnet.",
    "returns": "Sie können eine unbenutzte Geschenkkarte innerhalb von 30 Tagen zurückgeben.",
    "returns how": "Öffnen Sie dazu die Seite Ihrer Bestellung.",
    "cancel": "Die Bestellung {order} stornieren Sie auf ihrer Seite.",
    "ask card": "Wie lautet die achtstellige Nummer Ihrer Geschenkkarte?",
    "balance": "Auf Ihrer Geschenkkarte {card} sind {amount}.",
    "unknown card": "Ich finde keine Geschenkkarte mit der Nummer {card}.",
    "fallback": "Entschuldigung, das habe ich nicht verstanden.",
    "offer person": "Entschuldigung. Möchten Sie mit einem Menschen sprechen?",
    "transfer": "Ich verbinde Sie mit unserem Team. Ihre Fallnummer ist {case}.",
    "thanks": "Gern geschehen. Einen schönen Tag noch.",
    "dead end": "Es tut mir leid, dabei kann ich nicht helfen.",
}

GERMAN_STATUS = "Sie ist unterwegs und sollte bis Freitag ankommen."
