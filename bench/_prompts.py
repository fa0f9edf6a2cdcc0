"""A hundred prompts of telephone menus, each with one that nearly says the same and does not."""

from __future__ import annotations

_LINES = """
Welcome to Acme support. | Welcome to Apex support.
Thank you for calling Northwind Energy. | Thank you for calling Southwind Energy.
Welcome to the Riverside Bank. | Welcome to the Lakeside Bank.
Thank you for calling. Please listen carefully, as our menu has changed. | Thank you for calling. Please listen carefully, as our hours have changed.
Welcome back, Kim. | Welcome back, Tom.
For orders, press 1. For returns, press 2. | For orders, press 2. For returns, press 1.
For orders, press 1. For billing, press 2. For anything else, press 0. | For orders, press 1. For shipping, press 2. For anything else, press 0.
For English, press 1. For Spanish, press 2. | For English, press 1. For French, press 2.
To track a parcel, press 3. | To track a parcel, press 4.
To speak to an agent, press 0. | To speak to an agent, press 9.
To hear this again, press star. | To hear this again, press pound.
For sales, press 1. For support, press 2. For accounts, press 3. | For sales, press 1. For support, press 3. For accounts, press 2.
If you know your party's extension, dial it now. | If you know your party's account, dial it now.
To cancel an order, press 5. | To change an order, press 5.
To pay a bill, press 6. | To see a bill, press 6.
To return to the main menu, press 9. | To return to the last menu, press 9.
Press 1 to confirm, or 2 to start again. | Press 2 to confirm, or 1 to start again.
For opening hours, press 7. | For opening hours, press 8.
For a new card, press 4. For a lost card, press 5. | For a new card, press 4. For a lost card, press 6.
For technical help, press 2. | For medical help, press 2.
Please enter your order number, followed by the pound key. | Please enter your phone number, followed by the pound key.
Please enter your six digit account number. | Please enter your eight digit account number.
Please enter the last four digits of your card. | Please enter the last three digits of your card.
Please say or enter your date of birth. | Please say or enter your date of travel.
Please enter your zip code. | Please enter your pin code.
Your order number is 1 0 4 8. | Your order number is 1 0 4 9.
Your order number is 7 3 5 2 1. Is that right? | Your order number is 7 3 5 2 9. Is that right?
You entered 4 4 1 9. If that is correct, press 1. | You entered 4 4 7 9. If that is correct, press 1.
Your account ends in 6 2 0 5. | Your account ends in 6 2 0 4.
Your reference is 8 8 0 3 1 7. Please write it down. | Your reference is 8 8 0 3 7 1. Please write it down.
Order 2 0 7 5 is on its way. | Order 2 0 7 6 is on its way.
Order 3 1 1 8 has been delivered. | Order 3 1 1 8 has been cancelled.
Order 9 0 2 4 is being packed. | Order 9 0 3 4 is being packed.
Your code is 5 5 1 2 7 4. | Your code is 5 5 2 1 7 4.
Your balance is 120 dollars. | Your balance is 220 dollars.
Your balance is 45 dollars and 60 cents. | Your balance is 45 dollars and 16 cents.
The total is 18 dollars and 99 cents. | The total is 80 dollars and 99 cents.
Your last payment was 250 dollars, on March 3rd. | Your last payment was 250 dollars, on May 3rd.
Your next payment is due on November 24th. | Your next payment is due on November 25th.
Your refund of 32 dollars is on its way. | Your refund of 42 dollars is on its way.
You have 3 new messages. | You have 8 new messages.
You have no new messages. | You have two new messages.
Your call is number 4 in the queue. | Your call is number 7 in the queue.
You are first in line. | You are third in line.
The estimated wait is 5 minutes. | The estimated wait is 9 minutes.
Your estimated wait time is less than two minutes. | Your estimated wait time is more than two minutes.
All our agents are busy. Please hold the line. | All our agents are gone. Please call back later.
Please hold while I transfer your call. | Please hold while I cancel your call.
I am connecting you with billing. | I am connecting you with returns.
Your call may be recorded for training. | Your call will not be recorded.
This call is being recorded. | This call is not being recorded.
We are open Monday to Friday, from 9 to 5. | We are open Monday to Friday, from 9 to 6.
We are open from 8 in the morning until 10 at night. | We are open from 8 in the morning until 6 at night.
We are closed. Please call back tomorrow. | We are open. Please go on to the menu.
Our office is now closed. | Our office is now open.
We are closed on Thanksgiving Day. | We are closed on Christmas Day.
Our holiday hours are 10 to 4. | Our holiday hours are 10 to 2.
Orders placed by December 18th arrive before Christmas. | Orders placed by December 13th arrive before Christmas.
Due to high demand, deliveries take two extra days. | Due to high demand, deliveries take five extra days.
Our store in Boston opens at 9 a.m. | Our store in Houston opens at 9 a.m.
Sorry, I did not understand. Please try again. | Sorry, I did not hear anything. Goodbye.
That is not a valid option. | That is a valid option.
I did not hear anything. Please say it again. | I did not find anything. Please say it again.
Sorry, that order number was not found. | Sorry, that order number was not paid.
You said yes. Is that right? | You said no. Is that right?
Did you mean returns? Please say yes or no. | Did you mean repairs? Please say yes or no.
Please say your name after the tone. | Please say your city after the tone.
Please leave a message after the tone. | Please leave your number after the tone.
The mailbox is full. Goodbye. | The mailbox is ready. Goodbye.
Nobody is here to take your call. | Somebody is here to take your call.
Your password has been changed. | Your address has been changed.
Your card has been blocked. | Your card has been sent.
Your appointment is on Tuesday at 2 p.m. | Your appointment is on Thursday at 2 p.m.
Your appointment is at 10 30 tomorrow. | Your appointment is at 10 15 tomorrow.
Your table is booked for six people. | Your table is booked for ten people.
Your flight leaves at 7 45 from gate 12. | Your flight leaves at 7 45 from gate 20.
Your flight to Denver is on time. | Your flight to Denver is delayed.
Your prescription is ready to collect. | Your prescription is not ready to collect.
Your parcel arrives on Friday. | Your parcel arrives on Monday.
Your parcel was left with a neighbor. | Your parcel was left at the depot.
Your return has been received. | Your return has been refused.
Your gift card has 50 dollars left on it. | Your gift card has 15 dollars left on it.
The gift card number is not known to us. | The phone number is not known to us.
A charge of 5 dollars was made to your card. | A charge of 9 dollars was made to your card.
There is a fee of 10 dollars for this service. | There is no fee for this service.
This service is free of charge. | This service costs one dollar a minute.
To agree to the terms, press 1. | To refuse the terms, press 1.
To be called back, press 1. To keep waiting, stay on the line. | To be called back, press 2. To keep waiting, stay on the line.
We will call you back within 30 minutes. | We will call you back within 13 minutes.
We will send you a text message with a link. | We will send you an email with a link.
If this is an emergency, hang up and dial 9 1 1. | If this is a complaint, hang up and write to us.
There is a power outage in your area. | There is a water outage in your area.
Power will be back by 6 o'clock. | Power will be back by 8 o'clock.
A technician will visit you on Wednesday. | A technician will visit you on Saturday.
Please have your policy number ready. | Please have your credit card ready.
Your claim has been approved. | Your claim has been rejected.
Please stay on the line for a short survey. | Please stay on the line for the next agent.
How satisfied are you, on a scale from 1 to 5? | How satisfied are you, on a scale from 1 to 10?
Was your problem solved today? | Was your parcel brought today?
Thank you for calling. Goodbye. | Thank you for waiting. Hello.
"""  # noqa: E501
PROMPTS = [
    (said.strip(), near.strip())
    for said, _, near in (line.partition("|") for line in _LINES.strip().splitlines())
]
"""(what is said, what nearly says the same)."""
