"""Prompts of telephone menus, each with one that nearly says the same and does not."""

from __future__ import annotations


def _pairs(lines: str) -> list[tuple[str, str]]:
    """(what is said, what nearly says the same)."""
    parted = (line.partition("|") for line in lines.strip().splitlines())
    return [(said.strip(), near.strip()) for said, _, near in parted]


FITTED = _pairs("""
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
""")  # noqa: E501
"""A shop and what is like it: the limits of judging are fitted on these."""

READ = _pairs("""
Welcome to Harbor Gas and Electric. | Welcome to Harper Gas and Electric.
Welcome to the water company's emergency line. | Welcome to the water company's payment line.
If you smell gas, press 1 now. | If you smell gas, press 7 now.
To report a leak, press 2. To move house, press 3. | To report a leak, press 3. To move house, press 2.
To report a power cut, press 4. | To report a street light, press 4.
To give a meter reading, press 5. | To book a meter reading, press 5.
Please enter the five digits on your meter, from left to right. | Please enter the four digits on your meter, from left to right.
You entered 2 8 6 1 3. To use this reading, press 1. | You entered 2 8 6 7 3. To use this reading, press 1.
Your meter reading was accepted. | Your meter reading was rejected.
Your account number is 6 0 0 2 9 7 4 1. | Your account number is 6 0 0 2 9 1 4 7.
Your current bill is 84 dollars and 20 cents. | Your current bill is 84 dollars and 12 cents.
Your bill is overdue by 12 days. | Your bill is overdue by 20 days.
We received your payment of 136 dollars on January 9th. | We received your payment of 136 dollars on January 19th.
Your monthly payment rises to 57 dollars from June 1st. | Your monthly payment falls to 57 dollars from June 1st.
Your direct debit leaves your account on the 28th. | Your direct debit leaves your account on the 26th.
We expect to restore supply by half past 4. | We expect to restore supply by half past 5.
Engineers are working in your street. | Engineers have left your street.
About 2400 homes are without power. | About 2700 homes are without power.
Your water is safe to drink. | Your water is not safe to drink.
Please boil your water before drinking it. | Please run your water before drinking it.
An engineer will come between 8 a.m. and noon. | An engineer will come between noon and 4 p.m.
Your tariff ends on September 30th. | Your tariff ends on December 30th.
You are in credit by 19 dollars. | You are in debt by 19 dollars.
To set up a payment plan, press 6. | To stop a payment plan, press 6.
Customers with medical equipment, please press 8. | Customers with electrical equipment, please press 8.
Thank you for calling First Valley Bank. | Thank you for calling First Union Bank.
For your balance, press 1. For recent payments, press 2. | For your balance, press 1. For recent statements, press 2.
To report a stolen card, press star. | To report a stolen phone, press star.
For mortgages, press 3. For loans, press 4. | For mortgages, press 4. For loans, press 3.
Please key in your 8 digit sort and account code. | Please key in your 6 digit sort and account code.
Please enter the second and fifth digits of your passcode. | Please enter the second and sixth digits of your passcode.
Please say your mother's maiden name. | Please say your father's first name.
That passcode is not correct. | That passcode is correct.
You have one attempt left. | You have no attempts left.
Your available balance is 3417 dollars and 5 cents. | Your available balance is 3417 dollars and 9 cents.
Your savings account holds 900 dollars. | Your savings account holds 500 dollars.
Your overdraft limit is 750 dollars. | Your overdraft limit is 650 dollars.
The last transaction was a withdrawal of 60 dollars. | The last transaction was a withdrawal of 16 dollars.
The last transaction was a deposit of 225 dollars. | The last transaction was a purchase of 225 dollars.
A transfer of 40 dollars was sent to your savings account. | A transfer of 14 dollars was sent to your savings account.
The interest rate is 4 percent. | The interest rate is 5 percent.
Your new card will arrive within 7 working days. | Your new card will arrive within 10 working days.
Your card ending in 9 3 5 8 is active. | Your card ending in 9 3 5 6 is active.
We noticed an unusual payment on your account. | We stopped an unusual payment on your account.
Did you spend 89 dollars at a hardware store? | Did you spend 89 dollars at a grocery store?
Press 1 if you made this payment, or 2 if you did not. | Press 2 if you made this payment, or 1 if you did not.
Your branch opens at 10 o'clock on Saturday. | Your branch opens at 10 o'clock on Sunday.
We never ask for your full password. | We sometimes ask for your full password.
Your loan application is under review. | Your loan application is complete.
Your security code is 4 0 7 7 1 2. It is valid for ten minutes. | Your security code is 4 0 1 7 1 2. It is valid for ten minutes.
Welcome to Oak Street Medical Center. | Welcome to Oak Hill Medical Center.
If this is life threatening, please hang up now. | If this is life threatening, please hold on now.
To book a visit, press 1. To cancel a visit, press 2. | To cancel a visit, press 1. To book a visit, press 2.
For test results, press 3. | For test results, press 5.
For the nurse, press 4. For the pharmacy, press 5. | For the nurse, press 4. For the laboratory, press 5.
Please enter your patient number, followed by hash. | Please enter your policy number, followed by hash.
Your patient number is 7 1 8 0 4 6. | Your patient number is 7 1 8 0 6 4.
You have a visit with Doctor Meyer on April 16th. | You have a visit with Doctor Meyer on April 6th.
Your visit is at a quarter past 11. | Your visit is at a quarter to 11.
The next free visit is on Thursday at 3 40. | The next free visit is on Thursday at 3 14.
Doctor Lewis is away until Monday. | Doctor Lewis is away until Wednesday.
Please arrive 15 minutes early. | Please arrive 50 minutes early.
Please do not eat for 12 hours before the test. | Please do not eat for 2 hours before the test.
Please bring your insurance card. | Please bring your hospital card.
Your results are normal. | Your results are not ready.
Your results are ready. A doctor will call you. | Your results are late. A doctor will call you.
Your repeat prescription was sent to the pharmacy. | Your repeat prescription was returned by the pharmacy.
Take two tablets twice a day. | Take three tablets twice a day.
Flu shots are available from October. | Flu shots are available from November.
The clinic is closed for lunch from 1 to 2. | The clinic is closed for lunch from 12 to 2.
The emergency room is open all night. | The emergency room is closed all night.
Visiting hours are from 2 to 7 in the afternoon. | Visiting hours are from 3 to 7 in the afternoon.
The copay for this visit is 35 dollars. | The copay for this visit is 25 dollars.
Your visit was moved to room 204. | Your visit was moved to room 240.
You are caller number 6. | You are caller number 16.
Thank you for flying with Blue Sky Airways. | Thank you for flying with Big Sky Airways.
For arrivals and departures, press 1. | For changes and refunds, press 1.
To change a booking, press 2. For lost baggage, press 3. | To change a booking, press 2. For extra baggage, press 3.
For the frequent flyer desk, press 5. | For the frequent flyer desk, press 9.
Please say the name of the city you are leaving from. | Please say the name of the city you are flying to.
How many passengers are traveling? | How many children are traveling?
Are you traveling with an infant? | Are you traveling with a pet?
Please enter your six character booking code. | Please enter your ten character booking code.
Your ticket number is 0 1 6 2 4 5 5 8 9 3. | Your ticket number is 0 1 6 2 4 5 5 8 3 9.
Flight 482 to Chicago departs at 6 20 p.m. | Flight 482 to Chicago departs at 6 50 p.m.
Flight 1190 from Dallas has landed. | Flight 1119 from Dallas has landed.
Flight 77 to Seattle is delayed by 45 minutes. | Flight 77 to Seattle is delayed by 35 minutes.
Flight 315 to Miami has been cancelled. | Flight 315 to Miami has been boarded.
Your flight boards at gate B 14. | Your flight boards at gate B 40.
Your new flight leaves on Saturday, August 22nd. | Your new flight leaves on Saturday, August 23rd.
Your seat is 23 A. | Your seat is 27 A.
A checked bag costs 38 dollars. | A checked bag costs 68 dollars.
Each passenger may bring one cabin bag. | Each passenger may bring two cabin bags.
Your bag is on the next flight. | Your bag is at the front desk.
You have 12650 miles in your account. | You have 12560 miles in your account.
Check in closes 60 minutes before departure. | Check in opens 60 minutes before departure.
Online check in opens 24 hours before departure. | Online check in opens 48 hours before departure.
Your refund takes up to 14 days. | Your refund takes up to 40 days.
Your upgrade has been confirmed. | Your upgrade has been declined.
All lines are engaged. We will answer in about 11 minutes. | All lines are engaged. We will answer in about 7 minutes.
""")  # noqa: E501
"""Energy and water, a bank, a clinic, an airline. What was judged wrongly here was read, to learn
which kinds of mistake there are; nothing was fitted on it."""

UNSEEN = _pairs("""
Welcome to Swift Parcel. | Welcome to Smart Parcel.
Thank you for calling Granite Insurance. | Thank you for calling Garnet Insurance.
Hello, and welcome to the city council. | Hello, and welcome to the city museum.
For parking, press 1. For waste, press 2. For taxes, press 3. | For parking, press 1. For taxes, press 2. For waste, press 3.
To renew your policy, press 4. | To cancel your policy, press 4.
To report an accident, press 9. | To report an accident, press 5.
For home insurance, press 1. For car insurance, press 2. | For home insurance, press 1. For life insurance, press 2.
For broadband, press 3. For television, press 4. | For broadband, press 3. For telephone, press 4.
To add a room to your booking, press 6. | To add a guest to your booking, press 6.
To leave a complaint, press 8. | To leave a compliment, press 8.
For opening times, say hours. | For opening times, say times.
To go back, press hash. | To go back, press star.
Please enter your 11 digit tracking number. | Please enter your 12 digit tracking number.
Please enter the year in which you were born. | Please enter the month in which you were born.
Please enter the number plate of your car. | Please enter the mileage of your car.
Please key in your tax reference. | Please key in your case reference.
Please tell me in a few words why you are calling. | Please tell me in a few words where you are calling from.
Your tracking number is 5 0 3 3 8 1 2 9. | Your tracking number is 5 0 3 3 8 2 1 9.
Your claim number is 2 7 4 4 0 6. | Your claim number is 2 7 4 4 0 5.
Your policy number is 9 9 1 3 5 8 0. | Your policy number is 9 1 1 3 5 8 0.
Your room number is 617. | Your room number is 670.
Your ticket is number 83. | Your ticket is number 38.
Your case was opened on February 21st. | Your case was opened on February 28th.
Your case was closed on July 2nd. | Your case was closed on July 7th.
You said 6 1 4 4 0. Press 1 for yes or 2 for no. | You said 6 1 4 9 0. Press 1 for yes or 2 for no.
Your premium is 412 dollars a year. | Your premium is 420 dollars a year.
The deductible is 500 dollars. | The deductible is 900 dollars.
Postage comes to 7 dollars and 35 cents. | Postage comes to 7 dollars and 55 cents.
A night in this room costs 129 dollars. | A night in this room costs 139 dollars.
Breakfast costs 14 dollars a person. | Breakfast costs 40 dollars a person.
The deposit is 80 dollars. | The deposit is 18 dollars.
You owe 1 dollar and 70 cents in late fees. | You owe 1 dollar and 17 cents in late fees.
Your fine of 65 dollars is due on October 12th. | Your fine of 65 dollars is due on October 20th.
You have used 9 of your 20 gigabytes. | You have used 19 of your 20 gigabytes.
Your plan includes 300 minutes. | Your plan includes 500 minutes.
Your contract ends in 6 months. | Your contract ends in 16 months.
Your phone was repaired. | Your phone was replaced.
Your modem is being restarted. | Your modem has been replaced.
Please unplug the router and wait 30 seconds. | Please unplug the router and wait 90 seconds.
The light on the box should be green. | The light on the box should be red.
Is the light on the box blinking? | Is the light on the box burning?
There are no faults on your line. | There are two faults on your line.
There is a known fault in your area. | There is no known fault in your area.
We hope to fix it by Friday at noon. | We hope to fix it by Sunday at noon.
A van will be with you at 20 past 2. | A van will be with you at 20 to 2.
The driver is four stops away. | The driver is nine stops away.
Nobody was at home to sign for your parcel. | Somebody was at home to sign for your parcel.
Your parcel weighs 3 kilograms. | Your parcel weighs 13 kilograms.
Your parcel is waiting at the post office. | Your parcel is waiting at the gas station.
We will try to deliver it again tomorrow. | We will try to deliver it again on Tuesday.
Your parcel was returned to the sender. | Your parcel was returned to the warehouse.
Customs has released your parcel. | Customs has retained your parcel.
Your reservation is for two nights. | Your reservation is for three nights.
Your reservation starts on May 17th. | Your reservation starts on May 16th.
Your table will be ready at 8 15. | Your table will be ready at 8 50.
Check out is at 11 a.m. | Check out is at 10 a.m.
The pool is open until 9 in the evening. | The pool is closed until 9 in the evening.
The restaurant is on the second floor. | The restaurant is on the seventh floor.
The shuttle leaves every 20 minutes. | The shuttle leaves every 30 minutes.
Pets are welcome in our hotel. | Pets are not allowed in our hotel.
Free cancellation until March 31st. | Free cancellation until March 30th.
Your booking has been cancelled. | Your booking has been changed.
Your claim is being checked. | Your claim is being paid.
We have sent the forms to your home address. | We have sent the forms to your work address.
We need a copy of your license. | We need a photo of your license.
We have received your documents. | We have not received your documents.
Your policy covers water damage. | Your policy excludes water damage.
Your cover starts at midnight. | Your cover ends at midnight.
The other driver has been contacted. | The other insurer has been contacted.
A loss adjuster will call you on Monday. | A loss adjuster will call you on Friday.
The repair shop is at 44 Mill Road. | The repair shop is at 44 Hill Road.
The office is at 210 Park Avenue. | The office is at 220 Park Avenue.
Trash is collected on Wednesday. | Trash is collected on Thursday.
The library is closed on Mondays. | The library is closed in winter.
The road is closed until further notice. | The road is open until further notice.
Your parking permit expires in 9 days. | Your parking permit expires in 5 days.
Your passport is ready to collect. | Your permit is ready to collect.
Your tax return was accepted. | Your tax return was amended.
Your next hearing is on June 13th at 9 30. | Your next hearing is on June 30th at 9 30.
You have been selected for jury duty. | You have been excused from jury duty.
The deadline is 5 p.m. on Tuesday. | The deadline is 9 p.m. on Tuesday.
The fee for a copy is 3 dollars. | The fee for a copy is 30 dollars.
This line is for landlords only. | This line is for tenants only.
We cannot take your call right now. | We will take your call right now.
Our agents will be back at 1 30. | Our agents will be back at 2 30.
Calls are answered in the order they arrive. | Letters are answered in the order they arrive.
There are 12 callers ahead of you. | There are 2 callers ahead of you.
The wait is about a quarter of an hour. | The wait is about half an hour.
To keep your place and be called back, press 7. | To lose your place and start again, press 7.
We will call you on the number ending 0 2 1 9. | We will call you on the number ending 0 2 9 1.
Your callback is booked for 4 o'clock. | Your callback is booked for 2 o'clock.
Your new number is active. | Your old number is active.
Your voicemail is almost full. | Your voicemail is now empty.
You have 14 saved messages. | You have 4 saved messages.
Message deleted. Next message. | Message saved. Next message.
To reply to this message, press 8. | To delete this message, press 8.
Please record your greeting after the beep. | Please repeat your greeting after the beep.
The extension you dialed is not in use. | The extension you dialed is not available.
Thank you. Your answers have been saved. | Thank you. Your answers have been deleted.
One moment, I am putting you through to the front desk. | One moment, I am putting you through to the night desk.
""")  # noqa: E501
"""Parcels, insurance, a town hall, a hotel, telephone and television: written before anything was
measured, judged after everything was settled."""

SETS = {"fitted": FITTED, "read": READ, "unseen": UNSEEN}
