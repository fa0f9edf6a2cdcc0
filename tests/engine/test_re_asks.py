"""What counts as being asked again: polite or turned round, a request is one; a mention is none."""

from __future__ import annotations

import pytest

from cxassure.measures import asks_for

ASKED = """\
Please enter your order number.
And your order number, please?
Could you give me the number of your order?
Could you give me the number of your last order?
What is your order's number?
May I have your order no?
May I have your order no.?
Your order no., please?
Please tell me your order no. Then I will look.
What's your order #?
Your order nr. please
Thank you, what is your order number?
Thank you what is your order number?
Thanks, please enter your order number.
Thanks for waiting, please enter your order number.
I see, and what is your order number?
I see what is your order number
I found 3 of them, please enter the order number.
We have to ask you for your order number.
Would you mind sharing the order number?
No. What is your order number?
Okay: the order number?"""

NOT_ASKED = """\
You can find help about your order number below?
Can I help you with your order number?
Is that order number 1048213?
Is that the order number 1 0 4 8 2 1 3?
What is wrong with order no. 1048213?
Is that your order number?
Did you mean your order number?
Thank you for your order number, please hold.
I see your order number here, what else can I do?
Please hold while I look up your order number.
Thank you, I found the number of your order, anything else?
Thanks, your order number is noted, anything else?
Is your order no longer wanted?
Please tell us how you liked order no. 1048.
Please tell us how you liked order #1048.
What is the number of items in your order?
To hear your order number, press 2.
Your order number is below."""


@pytest.mark.parametrize("said", ASKED.splitlines())
def test_a_request_is_one_however_polite_and_in_whatever_order(said: str) -> None:
    assert asks_for(said, "order number", "1048213")


@pytest.mark.parametrize("said", NOT_ASKED.splitlines())
def test_a_mention_or_a_confirmation_is_no_request(said: str) -> None:
    assert not asks_for(said, "order number", "1048213")


def test_a_fact_of_one_word_or_of_three_is_named_too() -> None:
    assert asks_for("Thanks, and your postcode?", "Postcode", "90210")
    assert asks_for("What is the number of your gift card?", "gift card number", "55512")
    assert asks_for("What is (x) now?", "(x)", "y")


@pytest.mark.parametrize("piece", ["i see ", "no. ", "order ", "number of your ", "order no", "#,"])
def test_a_text_without_end_is_read_in_one_go(piece: str) -> None:
    assert not asks_for(piece * 20_000, "order number", "1048213")
