"""LZ4 blocks and zstd frames, by the system's own libraries."""

import ctypes
from functools import cache


@cache
def _library(name):
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise SystemExit(f"make-wechat needs {name} (Debian: liblz4-1, libzstd1, libssl3): {error}")


def lz4_block(data):
    """A bare LZ4 block: no frame, no size in front, as PC 3.x keeps CompressContent."""
    library = _library("liblz4.so.1")
    room = library.LZ4_compressBound(len(data))
    out = ctypes.create_string_buffer(room)
    size = library.LZ4_compress_default(data, out, len(data), room)
    if size <= 0:
        raise RuntimeError("LZ4 could not compress")
    return out.raw[:size]


@cache
def _zstd():
    library = _library("libzstd.so.1")
    library.ZSTD_compressBound.restype = ctypes.c_size_t
    library.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    library.ZSTD_compressCCtx.restype = ctypes.c_size_t
    library.ZSTD_compressCCtx.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                          ctypes.c_size_t, ctypes.c_int]
    library.ZSTD_createCCtx.restype = ctypes.c_void_p
    return library, library.ZSTD_createCCtx()


def zstd(data):
    """A standard zstd frame without a dictionary, as WCDB writes it (WCDB_CT_… = 4)."""
    library, context = _zstd()
    room = library.ZSTD_compressBound(len(data))
    out = ctypes.create_string_buffer(room)
    size = library.ZSTD_compressCCtx(context, out, room, data, len(data), 1)
    if size > room:
        raise RuntimeError("zstd could not compress")
    return out.raw[:size]
