"""The XML that all of WeChat's platforms share, and what rows of groups look like."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#x0A;", "\r": "&#x0D;",
                          "\t": "&#x09;", "\0": ""})


def attribute(text):
    return str(text).translate(_ESCAPES)


def element(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#x0D;")


def cdata(text):
    return "<![CDATA[" + str(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def snippet(text):
    """The part of a text that every way of showing it keeps: its longest line, without what may be trimmed."""
    lines = [line.strip() for line in text.replace("\r", "\n").replace("\t", "\n").split("\n")]
    return max(lines, key=len)[:60].strip()


def prefixed(sender, content):
    """A row of a group: the sender's id, a colon, a line feed."""
    return sender.encode() + b":\n" + content if isinstance(content, bytes) else f"{sender}:\n{content}"


def revoke_xml(m, local):
    """How a recall travels."""
    return (f'<sysmsg type="revokemsg"><revokemsg><session>{m.chat.id}</session><oldmsgid>{local}</oldmsgid><msgid>'
            f'{local}</msgid>'
            f"<newmsgid>{m.id}</newmsgid><replacemsg><![CDATA[{m.content}]]></replacemsg></revokemsg></sysmsg>")


def with_transcript(m):
    """A voice's XML with WeChat's own transcription in it."""
    if not m.transcript:
        return m.content
    return m.content.replace("</msg>", f'<voicetrans transtext="{attribute(m.transcript)}" istransend="1" /></msg>')


def appmsg(sub, title="", des="", url="", extra="", sender="", name="", dataurl=""):
    app = f"<appinfo><version>1</version><appname>{element(name)}</appname></appinfo>" if name else ""
    return (f'<?xml version="1.0"?>\n<msg><appmsg appid="" sdkver="0"><title>{element(title)}</title><des>'
            f'{element(des)}</des>'
            f"<action>view</action><type>{sub}</type><showtype>0</showtype><url>{element(url)}</url>"
            f"<dataurl>{element(dataurl)}</dataurl>{extra}</appmsg><fromusername>"
            f"{attribute(sender or '')}</fromusername>"
            f"<scene>0</scene>{app}</msg>")
