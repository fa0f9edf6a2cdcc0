"""Mail as its reader takes it, however it is made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels.inbox.html import Page
from cxassure.channels.inbox.mail import Mail, parse

LETTER = b"""From: =?utf-8?q?B=C3=A4y?= <shop@example.com>
To: kim@example.com
Subject: =?utf-8?b?R3LDvMOfZQ==?=
 aus Kiel
Content-Type: text/html; charset=x-unheard-of

<p>Hallo</p><script>steal()</script><a href="javascript:steal()">no</a>
<a href="https://shop.example/o?a=1&amp;b=2">yes</a>
"""


def test_headers_are_decoded_and_bodies_read_as_well_as_it_goes() -> None:
    mail = parse(LETTER)
    assert (mail.subject, mail.sender) == ("Grüße aus Kiel", "shop@example.com")
    assert mail.text == "Hallo\nno yes"
    assert mail.links == ("https://shop.example/o?a=1&b=2",)


def test_what_a_reader_does_not_see_is_left_out() -> None:
    page = Page.of(
        "<html><head><title>T</title></head><body><h1>One</h1>two<br/>three<!-- four -->"
        "<table><tr><td>a</td><td>b</td></tr></table><noscript>x</noscript></body>"
    )
    assert page.text == "One\ntwo\nthree\na b"


def test_the_plain_part_is_read_first_and_links_come_from_both() -> None:
    mail = Mail.of("s", "f", "see (https://a.example/x).", "<a href='https://b.example'>b</a>")
    assert mail.text == "see (https://a.example/x)."
    assert mail.links == ("https://b.example", "https://a.example/x")


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading_of_mail(raw: bytes) -> None:
    mail = parse(raw)
    assert isinstance(mail.text, str) and isinstance(mail.subject, str)


@given(st.text(alphabet="<>/!-&;= \"'abdhref\n", max_size=60))
def test_no_markup_breaks_the_reading_of_html(html: str) -> None:
    assert isinstance(Page.of(html).text, str)


@given(
    st.sampled_from(
        ["From", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40),
)
def test_no_header_breaks_the_reading_of_mail(name: str, value: str) -> None:
    parse(f"{name}: {value}\n\nbody".encode())
