"""Passwords and their hashes."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from models.errors import Unavailable
from web.auth import passwords
from web.auth.passwords import hash_password, turn, verify


def test_a_password_is_stored_as_argon2id_with_a_salt_of_its_own() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")

    assert first.startswith("$argon2id$")
    assert first != second
    assert "correct horse" not in first


def test_only_the_same_password_is_right() -> None:
    stored = hash_password("correct horse")

    assert verify("correct horse", stored).right
    assert not verify("Correct horse", stored).right
    assert not verify("correct horse ", stored).right
    assert not verify("", stored).right


def test_a_long_password_counts_to_its_end() -> None:
    stored = hash_password("x" * 5000 + "a")

    assert verify("x" * 5000 + "a", stored).right
    assert not verify("x" * 5000 + "b", stored).right


@pytest.mark.parametrize("stored", [None, "", "!", "plain text", "$argon2id$v=19$m=65536,t=3,p=4$short"])
def test_what_is_no_hash_lets_nobody_in_and_breaks_nothing(stored: str | None) -> None:
    assert not verify("anything", stored).right


def test_a_weaker_hash_is_replaced_once_the_password_was_right() -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash("correct horse")

    renewed = verify("correct horse", weak).rehashed

    assert renewed is not None
    assert verify("correct horse", renewed).rehashed is None
    assert verify("wrong", weak).rehashed is None


def test_more_sign_ins_than_there_is_memory_for_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 0.001)
    turns = [turn() for _ in range(passwords.AT_ONCE)]
    for taken in turns:
        taken.__enter__()

    with pytest.raises(Unavailable, match="try again"), turn():
        pass

    for taken in turns:
        taken.__exit__(None, None, None)
    with turn():
        pass
