"""AES by the system's libcrypto, and how each platform encrypts its databases."""

import ctypes
from functools import cache


@cache
def _libcrypto():
    for name in ("libcrypto.so.3", "libcrypto.so.1.1"):
        try:
            library = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        raise SystemExit("make-wechat needs OpenSSL's libcrypto (Debian: libssl3)")
    for function in ("EVP_CIPHER_CTX_new", "EVP_aes_128_ecb", "EVP_aes_256_cbc"):
        getattr(library, function).restype = ctypes.c_void_p
    library.EVP_EncryptInit_ex.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_char_p] * 2
    library.EVP_EncryptUpdate.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int),
                                          ctypes.c_char_p, ctypes.c_int]
    library.EVP_CIPHER_CTX_set_padding.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


@cache
def _context():
    return _libcrypto().EVP_CIPHER_CTX_new()


def _encrypt(cipher, key, iv, data):
    library, context = _libcrypto(), _context()
    if len(data) % 16:
        raise ValueError("not whole AES blocks")
    library.EVP_EncryptInit_ex(context, getattr(library, cipher)(), None, key, iv)
    library.EVP_CIPHER_CTX_set_padding(context, 0)
    out = ctypes.create_string_buffer(len(data) + 16)
    size = ctypes.c_int()
    if library.EVP_EncryptUpdate(context, out, ctypes.byref(size), data, len(data)) != 1 or size.value != len(data):
        raise RuntimeError("AES did not encrypt")
    return out.raw[:size.value]


def aes_ecb(key, data):
    """AES-128-ECB of whole blocks."""
    return _encrypt("EVP_aes_128_ecb", key, None, data)


def aes_cbc(key, iv, data):
    """AES-256-CBC of whole blocks."""
    return _encrypt("EVP_aes_256_cbc", key, iv, data)


def xored(salt):
    """The salt of the key that authenticates pages."""
    return bytes(byte ^ 0x3A for byte in salt)
