"""files.*: the three steps of sharing a file."""

from dataclasses import replace
from typing import Any

from aiohttp import BodyPartReader, web

from bot.playground.slack.asking import Ask, Refused
from bot.playground.slack.ids import slack_id
from bot.playground.slack.state import State, Upload

LONGEST_ALT_TEXT = 1000


def get_upload_url(ask: Ask) -> dict[str, Any]:
    """Announce a file and return where to send it."""
    ask.need("files:write")
    length = ask.text("length")
    if not ask.text("filename") or not length.isdigit() or int(length) < 1:
        raise Refused("invalid_arguments")
    if len(ask.text("alt_txt")) > LONGEST_ALT_TEXT:
        raise Refused("alt_txt_too_large")
    upload = Upload(
        id=slack_id("F"),
        team=ask.workspace.id,
        name=ask.text("filename"),
        length=int(length),
        alt_txt=ask.text("alt_txt"),
    )
    ask.state.uploads[upload.id] = upload
    return {"upload_url": f"{ask.state.url}/upload/{upload.id}", "file_id": upload.id}


def complete_upload(ask: Ask) -> dict[str, Any]:
    """Share uploaded files in a channel."""
    ask.need("files:write")
    wanted = ask.json("files", refused="invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments")
    shown = [_file(ask, each) for each in wanted]
    if ask.text("channel_id"):
        channel = ask.channel("channel_id")
        if ask.workspace.bot_user_id not in channel.members:
            raise Refused("not_in_channel")
        ask.workspace.bot_post(
            channel,
            text=ask.text("initial_comment"),
            files=shown,
            thread_ts=ask.text("thread_ts") or None,
        )
    return {"files": shown}


async def receive(state: State, request: web.Request) -> web.Response:
    """Take the bytes of an announced file."""
    upload = state.uploads.get(request.match_info["file"])
    if upload is None:
        return web.Response(status=404, text="no such upload")
    content = await _content(request)
    if len(content) != upload.length:
        return web.Response(status=400, text=f"expected {upload.length} bytes, got {len(content)}")
    state.uploads[upload.id] = replace(upload, content=content)
    return web.Response(text=f"OK - {len(content)}")


async def download(state: State, request: web.Request) -> web.Response:
    """Hand out an uploaded file."""
    upload = state.uploads.get(request.match_info["file"])
    if upload is None or upload.content is None:
        return web.Response(status=404)
    # Never as a page of its own: the browser saves it.
    return web.Response(
        body=upload.content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"},
    )


async def _content(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            return bytes(await part.read(decode=False))
    return b""


def _file(ask: Ask, wanted: Any) -> dict[str, Any]:
    upload = ask.state.uploads.get(str(wanted.get("id"))) if isinstance(wanted, dict) else None
    if upload is None or upload.content is None or upload.team != ask.workspace.id:
        raise Refused("file_not_found")
    return {
        "id": upload.id,
        "name": upload.name,
        "title": wanted.get("title") or upload.name,
        "size": upload.length,
        **({"alt_txt": upload.alt_txt} if upload.alt_txt else {}),
        "url_private": f"{ask.state.url}/files/{upload.id}",
    }


METHODS = {"files.completeUploadExternal": complete_upload, "files.getUploadURLExternal": get_upload_url}
