"""Protocol buffers' wire format, written by hand: a message is a list of (field number, value)."""


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(fields):
    """Integers become varints; text, bytes and nested lists of fields become length-delimited."""
    out = bytearray()
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        if isinstance(value, str):
            value = value.encode()
        elif isinstance(value, (list, tuple)):
            value = encode(value)
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def room_data(account, group):
    """RoomData, which Android, PC 3.x and 4.x share: 1 {1 user, 2 group nickname, 3 status, 4 inviter}, 5 capacity."""
    fields = [(1, [(1, who), (2, group.group_nicknames.get(who)), (3, 1 if who != group.owner else 2049),
                   (4, group.owner if who != group.owner else None)]) for who in group.members]
    return encode(fields + [(5, 500)])
