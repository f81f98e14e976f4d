"""What was posted can be found again: by this an app learns whether a post arrived whose reply was lost."""

from tests.demo.slack.calling import refusal
from tests.demo.slack.cards import CARD

HERE = "DU0MARIA"


def told(ask):
    return {"event_type": "ask", "event_payload": {"ask": ask}}


def posted(web, text, **more):
    return web.chat_postMessage(channel=HERE, text=text, **more)["ts"]


def texts(answer):
    return [message["text"] for message in answer["messages"]]


def test_the_newest_comes_first_without_threads_and_whispers(web):
    ts = posted(web, "one")
    posted(web, "two")
    posted(web, "below one", thread_ts=ts)
    web.chat_postEphemeral(channel=HERE, user="U0MARIA", text="psst")
    answer = web.conversations_history(channel=HERE)
    assert texts(answer) == ["two", "one"]
    assert answer["messages"][1]["reply_count"] == 1
    assert texts(web.conversations_replies(channel=HERE, ts=ts)) == ["one", "below one"]


def test_metadata_is_told_to_those_who_ask(web):
    posted(web, "Keep it?", metadata=told(7), blocks=CARD)
    (bare,) = web.conversations_history(channel=HERE)["messages"]
    assert "metadata" not in bare
    (full,) = web.conversations_history(channel=HERE, include_all_metadata=True)["messages"]
    assert full["metadata"] == told(7)


def test_it_is_asked_for_by_time_and_page(web):
    stamps = [posted(web, f"{number}") for number in range(5)]
    assert texts(web.conversations_history(channel=HERE, oldest=stamps[2])) == ["4", "3"]
    assert texts(web.conversations_history(channel=HERE, oldest=stamps[2], inclusive=True)) == ["4", "3", "2"]
    assert texts(web.conversations_history(channel=HERE, latest=stamps[2])) == ["1", "0"]
    first = web.conversations_history(channel=HERE, limit=3)
    assert (texts(first), first["has_more"]) == (["4", "3", "2"], True)
    second = web.conversations_history(channel=HERE, limit=3, cursor=first["response_metadata"]["next_cursor"])
    assert (texts(second), second["has_more"]) == (["1", "0"], False)


def test_what_is_asked_for_wrongly_is_refused(web):
    assert refusal(web.conversations_history, channel="U0MARIA")["error"] == "channel_not_found"
    assert refusal(web.conversations_replies, channel=HERE, ts="1.000000")["error"] == "thread_not_found"
    assert refusal(web.conversations_history, channel=HERE, limit=1000)["error"] == "invalid_limit"
    assert refusal(web.conversations_history, channel=HERE, oldest="soon")["error"] == "invalid_ts_oldest"


def test_metadata_has_a_type_and_an_object(web):
    half = {"event_type": "ask"}
    assert refusal(web.chat_postMessage, channel=HERE, text="x", metadata=half)["error"] == "invalid_metadata_format"
    odd = {"event_type": "ask", "event_payload": "seven"}
    assert refusal(web.chat_postMessage, channel=HERE, text="x", metadata=odd)["error"] == "invalid_metadata_format"
    assert refusal(web.chat_postMessage, channel=HERE, text="x", thread_ts="soon")["error"] == "invalid_thread_ts"
