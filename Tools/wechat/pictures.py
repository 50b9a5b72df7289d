"""Small valid pictures and films, grown to any size with segments that decoders skip.

A picture is a mosaic of flat squares, so that a JPEG needs nothing but DC coefficients:

    FF D8 | APP0 | COM … (random, as many as the size asks for) | DQT | SOF0 | DHT DC | DHT AC | SOS | bits | FF D9
"""

import struct
import zlib
from functools import cache
from random import Random

# The DC table of ITU T.81 K.3: how many codes of each length, for differences of 0 to 11 bits.
_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])


def _dc_codes():
    codes, code, value = {}, 0, 0
    for length, count in enumerate(_DC_COUNTS, 1):
        for _ in range(count):
            codes[value] = (code, length)
            code += 1
            value += 1
        code <<= 1
    return codes


_DC = _dc_codes()


def _segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _scan(blocks):
    """Three components a block, one DC difference and an end-of-block (code 0) each."""
    bits, last = [], [0, 0, 0]
    for block in blocks:
        for component in range(3):
            difference = block[component] - last[component]
            last[component] = block[component]
            size = abs(difference).bit_length()
            code, length = _DC[size]
            bits.append(f"{code:0{length}b}")
            if size:
                bits.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}")
            bits.append("0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")


@cache
def _jpeg_parts(seed, columns, rows):
    rng = Random(seed)
    base = [rng.randrange(-90, 90) for _ in range(3)]
    blocks = [[max(-120, min(120, b + rng.randrange(-30, 30))) for b in base] for _ in range(columns * rows)]
    head = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    frame = struct.pack(">BHHB", 8, rows * 8, columns * 8, 3) + b"\1\x11\0\2\x11\0\3\x11\0"
    tail = _segment(0xDB, b"\0" + b"\x08" * 64) + _segment(0xC0, frame)
    tail += _segment(0xC4, b"\0" + _DC_COUNTS + bytes(range(12)))
    tail += _segment(0xC4, b"\x10" + b"\1" + b"\0" * 15 + b"\0")
    tail += _segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0") + _scan(blocks) + b"\xff\xd9"
    return head, tail


def jpeg(rng, size, columns=12, rows=9):
    """About `size` bytes; never fewer than the picture itself needs."""
    head, tail = _jpeg_parts(rng.randrange(24), columns, rows)
    left = max(8, size - len(head) - len(tail))
    noise = rng.randbytes(left)
    return b"".join([head, *(_segment(0xFE, noise[at:at + 65000]) for at in range(0, left, 65000)), tail])


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def _png_body(shade, width, height):
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (shade + x & 255, y * 5 & 255, 128)) for y in range(height))
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + _chunk(b"IDAT", zlib.compress(rows))


def png(rng, size):
    body = _png_body(rng.randrange(0, 200, 8), 48, 36)
    left = max(4, size - len(body) - 40)
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"noIs", rng.randbytes(left)) + _chunk(b"IEND", b"")


def gif(rng, size, frames=2):
    """Frames of 8x8 in four colours: a clear code before every pixel, so that no table ever grows (LZW of 3 bits)."""
    out = [b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x91, 0, 0), rng.randbytes(12)]
    out.append(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")
    left = max(8, size - 300)
    noise = rng.randbytes(left)
    out.append(b"\x21\xfe" + b"".join(
        bytes([min(255, left - at)]) + noise[at:at + 255] for at in range(0, left, 255)) + b"\0")
    for frame in range(frames):
        bits = "".join(f"{(frame + x) % 4:03b}"[::-1] + "001" for x in range(64))
        bits = "001" + bits + "101"  # codes lie least significant bit first: clear = 4, end = 5
        bits += "0" * (-len(bits) % 8)
        data = bytes(int(bits[at:at + 8][::-1], 2) for at in range(0, len(bits), 8))
        out.append(b"\x21\xf9\x04\x04\x0a\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x02")
        out.append(bytes([len(data)]) + data + b"\0")
    return b"".join(out) + b"\x3b"


def bmp(rng, size):
    """24 bits a pixel, 64 wide, as high as the size asks for."""
    height = max(4, (size - 54) // 192)
    body = rng.randbytes(192 * height)
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(body), 0, 54, 40, 64, height, 1, 24, 0, len(body),
                               2835, 2835, 0, 0) + body


def wxgf(rng, size):
    """WeChat's container: a head, then a partition of length and Annex-B bytes. The HEVC inside is noise."""
    body = b"\0\0\0\1\x40\1" + rng.randbytes(max(16, size - 32))
    head = b"wxgf" + bytes([16]) + b"\0" * 11
    return head + struct.pack(">I", len(body)) + body


def _box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def mp4(rng, size, seconds):
    """One Motion-JPEG frame that lasts; the rest of the size lies in a `free` box."""
    picture = jpeg(rng, 700)
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    length = seconds * 1000
    mvhd = _box(b"mvhd", struct.pack(">IIIIIIHH8x", 0, 0, 0, 1000, length, 65536, 256, 0), matrix,
                b"\0" * 24, struct.pack(">I", 2))
    tkhd = _box(b"tkhd", struct.pack(">IIIIIIQHHHH", 3, 0, 0, 1, 0, length, 0, 0, 0, 0, 0), matrix,
                struct.pack(">II", 96 << 16, 72 << 16))
    mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, length, 0x55C4, 0))
    hdlr = _box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide"), b"VideoHandler\0")
    entry = _box(b"jpeg", b"\0" * 6, struct.pack(">H16xHHIIIH", 1, 96, 72, 0x480000, 0x480000, 0, 1), b"\0" * 32,
                 struct.pack(">Hh", 24, -1))
    dinf = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1))))

    def moov(offset):
        stbl = _box(b"stbl", _box(b"stsd", struct.pack(">II", 0, 1), entry),
                    _box(b"stts", struct.pack(">IIII", 0, 1, 1, length)),
                    _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
                    _box(b"stsz", struct.pack(">III", 0, len(picture), 1)),
                    _box(b"stco", struct.pack(">III", 0, 1, offset)))
        minf = _box(b"minf", _box(b"vmhd", struct.pack(">IQ", 1, 0)), dinf, stbl)
        return _box(b"moov", mvhd, _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf)))

    head = _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    start = len(head) + len(moov(0)) + 8
    film = head + moov(start) + _box(b"mdat", picture)
    return film + _box(b"free", rng.randbytes(max(8, size - len(film) - 8)))
