"""What the settings of mail stand for."""

import pytest

from mail.address import MailServer, mail_server_at, sender_in


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", MailServer("mail", 587)),
        ("smtp://mail:25?starttls=off", MailServer("mail", 25, starttls=False)),
        ("smtp://u%40x:p%2F@mail", MailServer("mail", 587, "u@x", "p/", starttls=True)),
        ("smtp://u:p@mail?starttls=auto", MailServer("mail", 587, "u", "p")),
        ("smtps://u:p@mail", MailServer("mail", 465, "u", "p", tls=True, starttls=False)),
    ],
)
def test_an_address_says_how_to_talk_to_the_server(url: str, server: MailServer) -> None:
    assert mail_server_at(url) == server


@pytest.mark.parametrize(
    "url", ["mail", "http://mail", "smtp://", "smtp://mail?starttls=maybe", "smtp://mail?tls=1", "smtp://mail:none"]
)
def test_what_cannot_be_a_mail_server_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match=r"must look like|takes starttls|has a port"):
        mail_server_at(url)


def test_a_password_is_not_shown() -> None:
    assert "p4ss" not in repr(mail_server_at("smtp://u:p4ss@mail"))


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("countersign@example.org", ("", "countersign@example.org")),
        ("Countersign <c@example.org>", ("Countersign", "c@example.org")),
        ('"Time, and more" <c@example.org>', ("Time, and more", "c@example.org")),
    ],
)
def test_a_sender_has_a_name_and_an_address(text: str, sender: tuple[str, str]) -> None:
    assert sender_in(text) == sender


@pytest.mark.parametrize("text", ["", "nobody", "a@", "@b", "A\n<a@b>", "a b@c"])
def test_what_cannot_be_a_sender_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="must look like"):
        sender_in(text)
