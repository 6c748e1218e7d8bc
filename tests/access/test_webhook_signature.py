"""The signature of webhooks."""

import hashlib

import pytest

from conversations.access.webhook_signature import check_signature
from conversations.exceptions import NoPermission

TOKEN, REQUEST_TIME = "xxxxyyyy", "1669872112"  # the vector of the vendor's "Webhook Overview"
SIGN = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"


def check(sign=SIGN, request_time=REQUEST_TIME, token=TOKEN, now_s=int(REQUEST_TIME), window_s=60):
    check_signature(sign, request_time, token=token, now_s=now_s, window_s=window_s)


def test_the_vendors_vector_is_good():
    assert check() is None


@pytest.mark.parametrize("seconds", [-60, 60])
def test_the_window_is_open_both_ways_to_its_last_second(seconds):
    assert check(now_s=int(REQUEST_TIME) + seconds) is None


@pytest.mark.parametrize("seconds", [-61, 61])
def test_outside_of_the_window_it_is_closed(seconds):
    with pytest.raises(NoPermission):
        check(now_s=int(REQUEST_TIME) + seconds)


@pytest.mark.parametrize(
    "changes",
    [
        {"sign": None},
        {"sign": ""},
        {"sign": SIGN[:-1]},
        {"sign": SIGN[:-1] + "0"},
        {"sign": "小"},
        {"sign": "\ud800"},
        {"request_time": None},
        {"request_time": ""},
        {"request_time": "1669872113"},
        {"request_time": "\ud800"},
        {"token": "xxxyyy"},
        {"token": ""},
    ],
)
def test_a_wrong_or_missing_signature_is_refused(changes):
    with pytest.raises(NoPermission):
        check(**changes)


@pytest.mark.parametrize("request_time", ["now", "-1669872112", "٣", "9" * 30])
def test_a_signed_time_that_is_none_is_refused(request_time):
    sign = hashlib.sha256((TOKEN + request_time).encode()).hexdigest()

    with pytest.raises(NoPermission):
        check(sign=sign, request_time=request_time)
