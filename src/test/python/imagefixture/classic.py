"""JPEG, PNG, GIF, BMP and WebP."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from .base import *  # noqa: F403



def profile():
    """sRGB, without the date of today."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    icc[24:36] = bytes(12)
    icc[84:100] = bytes(16)
    return bytes(icc)


# ---------------------------------------------------------------- JPEG


def jpeg():
    rgb = Image.fromarray(RGB)
    for sampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
        for progressive in (False, True):
            for quality in (35, 92):
                way = "progressive" if progressive else "baseline"
                name = f"jpeg_{sampling.replace(':', '')}_{way}_q{quality}.jpg"
                content = saved(rgb, "JPEG", subsampling=sampling, progressive=progressive, quality=quality)
                add("JPEG", name, f"{way}, {sampling}", "Pillow", content)
    for factor in ("1x2", "2x1", "2x2", "4x1", "4x2", "1x1", "1x4"):
        add("JPEG", f"jpeg_factor_{factor}.jpg", f"sampling factor {factor}", "ImageMagick",
            magick(["-quality", "80", "-sampling-factor", factor], "out.jpg"))
    for kind in ("gray", "progressive gray"):
        add("JPEG", f"jpeg_{kind.replace(' ', '_')}.jpg", kind, "Pillow",
            saved(Image.fromarray(GRAY), "JPEG", progressive=kind != "gray"))
    add("JPEG", "jpeg_cmyk.jpg", "CMYK with Adobe marker", "Pillow", saved(Image.fromarray(CMYK, "CMYK"), "JPEG"))
    add("JPEG", "jpeg_ycck.jpg", "YCCK", "ImageMagick", magick(["-colorspace", "CMYK", "-quality", "85"], "out.jpg"))
    add("JPEG", "jpeg_rgb.jpg", "RGB stored as it is", "Pillow", saved(rgb, "JPEG", keep_rgb=True))
    for rows in (1, 2):
        add("JPEG", f"jpeg_restart_{rows}.jpg", "restart markers", "Pillow", saved(rgb, "JPEG", restart_marker_rows=rows))
    add("JPEG", "jpeg_optimized.jpg", "own Huffman tables", "Pillow", saved(rgb, "JPEG", optimize=True, quality=70))
    icc = profile()
    add("JPEG", "jpeg_icc.jpg", "colour profile", "Pillow", saved(rgb, "JPEG", icc_profile=icc))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        add("JPEG", f"jpeg_orientation_{orientation}.jpg", "EXIF orientation, ignored", "Pillow", saved(rgb, "JPEG", exif=exif))
    for width, height in ((1, 1), (8, 8), (17, 9), (3, 200)):
        add("JPEG", f"jpeg_{width}x{height}.jpg", "small sides", "Pillow", saved(Image.fromarray(photo(width, height)), "JPEG"))
    add("JPEG", "jpeg_mpo.jpg", "two pictures (MPO)", "Pillow",
        saved(rgb, "MPO", save_all=True, append_images=[Image.fromarray(255 - RGB)]))
    whole = saved(rgb, "JPEG", quality=80)
    add("JPEG", "jpeg_end_lost.jpg", "end marker lost, zeros behind the last pixel", "Pillow, then changed", whole[:-2] + bytes(64))
    add("JPEG", "jpeg_garbage_behind.jpg", "bytes behind the end", "Pillow, then changed", whole + b"garbage" * 9)
    add("JPEG", "jpeg_garbage_between.jpg", "stray bytes between segments", "Pillow, then changed", whole[:20] + b"\0\0\0" + whole[20:])
    add("JPEG", "jpeg_cut.jpg", "cut", "Pillow, then changed", whole[: len(whole) * 2 // 3])
    progressive = saved(rgb, "JPEG", progressive=True)
    add("JPEG", "jpeg_progressive_cut.jpg", "progressive, cut between scans", "Pillow, then changed",
        progressive[: progressive.rindex(b"\xff\xda")])
    add("JPEG", "jpeg_arithmetic.jpg", "arithmetic coding", "cjpeg",
        tool(["cjpeg", "-arithmetic", "-outfile", "out.jpg", "in.ppm"], ("in.ppm", saved(rgb, "PPM")), output="out.jpg"),
        differs="the JDK's libjpeg has no arithmetic decoder", right="decode/unsupported_format")
    add("JPEG", "jpeg_lossless.jpg", "lossless (SOF3)", "imagecodecs", imagecodecs.ljpeg_encode(GRAY),
        differs="the JDK's libjpeg has no lossless decoder", right="decode/unsupported_format")


# ---------------------------------------------------------------- PNG

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(name, content, crc=None):
    crc = zlib.crc32(name + content) if crc is None else crc
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def png_rows(samples, bits, filters):
    """Rows of samples with a filter in front of each, by turns."""
    height, width, count = samples.shape
    out = bytearray()
    above = None
    step = max(1, count * bits // 8)
    for y in range(height):
        row = samples[y].reshape(-1)
        if bits == 16:
            packed = row.astype(">u2").tobytes()
        elif bits == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            spread = ((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            packed = np.packbits(spread).tobytes()
        above = above or bytes(len(packed))
        kind = filters[y % len(filters)]
        out.append(kind)
        for i, value in enumerate(packed):
            a = packed[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            p = a + b - c
            paeth = min(((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)))[2]
            out.append((value - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
        above = packed
    return bytes(out)


def png_file(samples, bits, color, interlaced=False, filters=(0, 1, 2, 3, 4), plte=None, extra=b"", data=None, idats=1):
    samples = samples if samples.ndim == 3 else samples[:, :, None]
    height, width, _ = samples.shape
    if data is None:
        parts = [samples[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7] if interlaced else [samples]
        data = zlib.compress(b"".join(png_rows(p, bits, filters) for p in parts if p.size), 9)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced)))
    if plte is not None:
        out += chunk(b"PLTE", plte.tobytes())
    out += extra
    size = (len(data) + idats - 1) // idats
    for i in range(idats):
        out += chunk(b"IDAT", data[i * size : (i + 1) * size])
    return out + chunk(b"IEND", b"")


def png_kinds():
    by_hand = "by hand"
    for bits in (1, 2, 4, 8, 16):
        for interlaced in (False, True):
            way = ", interlaced" if interlaced else ""
            tail = "_interlaced" if interlaced else ""
            gray = GRAY16 if bits == 16 else GRAY >> (8 - bits)
            add("PNG", f"png_gray{bits}{tail}.png", f"grey of {bits} bits{way}", by_hand, png_file(gray, bits, 0, interlaced),
                *((GRAY16_REASON, high_bytes(GRAY16)) if bits == 16 else ()))
            if bits < 16:
                add("PNG", f"png_palette{bits}{tail}.png", f"palette of {bits} bits{way}", by_hand,
                    png_file(drawing(1 << bits), bits, 3, interlaced, plte=palette(1 << bits)))
            if bits >= 8:
                rgb, alpha = (RGB16, RGB16[:, :, :1]) if bits == 16 else (RGB, ALPHA[:, :, None])
                add("PNG", f"png_rgb{bits}{tail}.png", f"RGB of {bits} bits{way}", by_hand, png_file(rgb, bits, 2, interlaced))
                add("PNG", f"png_gray_alpha{bits}{tail}.png", f"grey of {bits} bits with alpha{way}", by_hand,
                    png_file(np.dstack([rgb[:, :, 2], alpha]), bits, 4, interlaced))
                add("PNG", f"png_rgb_alpha{bits}{tail}.png", f"RGB of {bits} bits with alpha{way}", by_hand,
                    png_file(np.dstack([rgb, alpha]), bits, 6, interlaced))
    for kind in range(5):
        add("PNG", f"png_filter{kind}.png", "each filter alone", by_hand, png_file(RGB, 8, 2, filters=(kind,)))
    add("PNG", "png_palette_short.png", "palette with fewer colours than are used", by_hand, png_file(drawing(16), 8, 3, plte=palette(9)))
    add("PNG", "png_palette_missing.png", "palette image without palette", by_hand, png_file(drawing(16), 8, 3))
    add("PNG", "png_transparent_color.png", "transparent colour", by_hand, png_file(RGB, 8, 2, extra=chunk(b"tRNS", bytes(6))))
    add("PNG", "png_transparent_palette.png", "palette with alpha", by_hand,
        png_file(drawing(16), 8, 3, plte=palette(16), extra=chunk(b"tRNS", bytes(range(0, 160, 10)))))
    add("PNG", "png_gamma.png", "gamma, ignored", by_hand, png_file(RGB, 8, 2, extra=chunk(b"gAMA", struct.pack(">I", 100000))))
    add("PNG", "png_many_idat.png", "data in many chunks", by_hand, png_file(RGB, 8, 2, idats=40))
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 20)))
    add("PNG", "png_text.png", "a megabyte of compressed text", by_hand, png_file(RGB, 8, 2, extra=bomb))
    data = zlib.compress(png_rows(RGB, 8, (0, 4)))
    add("PNG", "png_wrong_zlib_checksum.png", "wrong checksum behind the data", by_hand, png_file(RGB, 8, 2, data=data[:-4] + b"\1\2\3\4"),
        "no checksum is asked for once all pixels are there; Pillow refuses it where it comes with the last row", digest(RGB))
    good = png_file(RGB, 8, 2)
    at = good.index(b"IEND") - 8
    add("PNG", "png_wrong_data_crc.png", "wrong CRC of the data", by_hand, good[: at] + b"\0\0\0\0" + good[at + 4 :])
    add("PNG", "png_wrong_header_crc.png", "wrong CRC of the header", by_hand, good[:29] + b"\0\0\0\0" + good[33:])
    add("PNG", "png_cut.png", "cut", by_hand, good[: len(good) * 2 // 3])
    add("PNG", "png_end_missing.png", "end chunk missing", by_hand, good[:-12])
    rows = png_rows(RGB, 8, (0,))
    add("PNG", "png_rows_missing.png", "data that ends before the last row", by_hand,
        png_file(RGB, 8, 2, data=zlib.compress(rows[: len(rows) // 2])),
        differs="rows that are not there are an error; Pillow leaves them black", right="decode/corrupt")
    add("PNG", "png_bits3.png", "depth that PNG has not", by_hand, png_file(GRAY >> 5, 3, 0))
    add("PNG", "png_apng.png", "animation: its first picture", "Pillow",
        saved(Image.fromarray(RGB), "PNG", save_all=True, append_images=[Image.fromarray(255 - RGB)]))
    for side in ((1, 1), (7, 1), (1, 9), (9, 7)):
        add("PNG", f"png_interlaced_{side[0]}x{side[1]}.png", "interlaced, small sides", by_hand,
            png_file(photo(*side), 8, 2, True))


# ---------------------------------------------------------------- GIF


def lzw_gif(indices, bits):
    """Sub-blocks of a GIF's LZW code that never grows: a clear code in time."""
    clear = 1 << bits
    codes = []
    for i, index in enumerate(indices.reshape(-1)):
        if i % (clear - 2) == 0:
            codes.append(clear)
        codes.append(int(index))
    codes.append(clear + 1)
    value, filled = 0, 0
    for code in codes:
        value |= code << filled
        filled += bits + 1
    data = value.to_bytes((filled + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif_file(indices, bits, colors, screen=None, at=(0, 0), local=False, before=b"", version=b"89a", interlaced=False, code_bits=None):
    height, width = indices.shape
    table = np.zeros((1 << bits, 3), np.uint8)
    table[: len(colors)] = colors
    flags = 0x80 | (bits - 1)
    out = b"GIF" + version + struct.pack("<HHBBB", *(screen or (width, height)), 0 if local else flags, 0, 0)
    out += b"" if local else table.tobytes()
    out += before + b"," + struct.pack("<HHHHB", *at, width, height, (flags if local else 0) | (0x40 if interlaced else 0))
    out += table.tobytes() if local else b""
    if interlaced:
        order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, height, step)]
        indices = indices[order]
    return out + lzw_gif(indices, code_bits or max(2, bits)) + b";"


def gif():
    by_hand = "by hand"
    for bits in range(1, 9):
        add("GIF", f"gif_{bits}bits.gif", f"palette of {bits} bits", by_hand, gif_file(drawing(1 << bits), bits, palette(1 << bits)))
    add("GIF", "gif_87a.gif", "version 87a", by_hand, gif_file(drawing(16), 4, palette(16), version=b"87a"))
    add("GIF", "gif_interlaced.gif", "interlaced", by_hand, gif_file(drawing(16), 4, palette(16), interlaced=True))
    add("GIF", "gif_local.gif", "palette of the frame", by_hand, gif_file(drawing(16), 4, palette(16), local=True))
    add("GIF", "gif_offset.gif", "frame smaller than the screen", by_hand, gif_file(drawing(16), 4, palette(16), (60, 50), (9, 8)))
    control = b"!\xf9\x04\x01\0\0\x05\0"
    add("GIF", "gif_offset_transparent.gif", "frame smaller than a transparent screen", by_hand,
        gif_file(drawing(16), 4, palette(16), (60, 50), (9, 8), before=control))
    add("GIF", "gif_transparent.gif", "transparent colour", by_hand, gif_file(drawing(16), 4, palette(16), before=control))
    add("GIF", "gif_larger.gif", "frame larger than the screen", by_hand, gif_file(drawing(16), 4, palette(16), (20, 20)))
    add("GIF", "gif_comment.gif", "comment", by_hand, gif_file(drawing(16), 4, palette(16), before=b"!\xfe\x05hello\0"))
    add("GIF", "gif_stray.gif", "stray bytes between blocks", by_hand, gif_file(drawing(16), 4, palette(16), before=b"\0\0\x11"))
    add("GIF", "gif_code_size.gif", "code size of 11 bits", by_hand, gif_file(drawing(16), 4, palette(16), code_bits=11))
    add("GIF", "gif_code_size_12.gif", "code size of 12 bits", by_hand, gif_file(drawing(16), 4, palette(16), code_bits=12))
    frames = [Image.fromarray(p).quantize(32) for p in (RGB, 255 - RGB)]
    add("GIF", "gif_animated.gif", "animation: its first frame", "Pillow", saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    add("GIF", "gif_pillow.gif", "codes of growing length", "Pillow", saved(Image.fromarray(RGB).quantize(256), "GIF"))
    add("GIF", "gif_gray.gif", "grey", "Pillow", saved(Image.fromarray(GRAY), "GIF"))
    add("GIF", "gif_magick.gif", "codes of growing length", "ImageMagick", magick(["-colors", "50"], "out.gif"))
    whole = saved(Image.fromarray(GRAY), "GIF")
    add("GIF", "gif_cut.gif", "cut", "Pillow, then changed", whole[: len(whole) // 2])
    add("GIF", "gif_no_frame.gif", "no frame", by_hand, gif_file(drawing(4), 2, palette(4))[:25] + b";")


# ---------------------------------------------------------------- BMP


def bmp_rows(samples, bits, top_down=False):
    rows = samples if top_down else samples[::-1]
    out = b""
    for row in rows:
        if bits < 8:
            spread = ((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            packed = np.packbits(spread).tobytes()
        else:
            packed = row.tobytes()
        out += packed + bytes(-len(packed) % 4)
    return out


def bmp_file(width, height, bits, data, header=40, compression=0, colors=None, masks=b"", used=0, gap=0):
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
        table = b"" if colors is None else colors[:, ::-1].tobytes()
    else:
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, used, 0)
        head = (head + (masks if header > 40 else b"")).ljust(header, b"\0") + (masks if header == 40 else b"")
        table = b""
        if colors is not None:
            table = np.hstack([colors[:, ::-1], np.zeros((len(colors), 1), np.uint8)]).astype(np.uint8).tobytes()
    start = 14 + len(head) + len(table) + gap
    return struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start) + head + table + bytes(gap) + data


def rle(indices, nibbles):
    out = b""
    for row in indices[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and row[x + run] == row[x] and run < 200:
                run += 1
            if run == 1 and x + 4 <= len(row):
                part = [int(v) for v in row[x : x + 4]]
                packed = bytes([part[0] << 4 | part[1], part[2] << 4 | part[3]]) if nibbles else bytes(part)
                out += b"\0\4" + packed
                x += 4
            else:
                out += bytes([run, int(row[x]) * 17 if nibbles else int(row[x])])
                x += run
        out += b"\0\0"
    return out + b"\0\1"


def bmp():
    by_hand = "by hand"
    h, w = GRAY.shape
    bgr = np.ascontiguousarray(RGB[:, :, ::-1])
    for bits in (1, 4, 8):
        indices, colors = drawing(1 << bits), palette(1 << bits)
        add("BMP", f"bmp_palette{bits}.bmp", f"palette of {bits} bits", by_hand, bmp_file(w, h, bits, bmp_rows(indices, bits), colors=colors))
        add("BMP", f"bmp_os2_{bits}.bmp", f"OS/2 1.x, palette of {bits} bits", by_hand,
            bmp_file(w, h, bits, bmp_rows(indices, bits), header=12, colors=colors))
        add("BMP", f"bmp_os22_{bits}.bmp", f"OS/2 2.x, palette of {bits} bits", by_hand,
            bmp_file(w, h, bits, bmp_rows(indices, bits), header=64, colors=colors))
    for bits in (4, 8):
        indices, colors = drawing(1 << bits if bits == 4 else 20), palette(1 << bits)
        content = rle(indices, bits == 4)
        add("BMP", f"bmp_rle{bits}.bmp", f"run lengths, RLE{bits}", by_hand, bmp_file(w, h, bits, content, compression=1 if bits == 8 else 2, colors=colors))
        add("BMP", f"bmp_rle{bits}_cut.bmp", f"run lengths, RLE{bits}, cut", by_hand,
            bmp_file(w, h, bits, content[: len(content) // 2], compression=1 if bits == 8 else 2, colors=colors))
    delta = b"\x0a\1\0\2\5\1\x08\2\0\0" + rle(drawing(4)[:-3], False)
    add("BMP", "bmp_rle8_delta.bmp", "run lengths with jumps", by_hand, bmp_file(w, h, 8, delta, compression=1, colors=palette(256)))
    add("BMP", "bmp_colors_used.bmp", "palette with fewer colours", by_hand, bmp_file(w, h, 8, bmp_rows(drawing(16), 8), colors=palette(16), used=16))
    add("BMP", "bmp_gray.bmp", "grey palette", "Pillow", saved(Image.fromarray(GRAY), "BMP"))
    add("BMP", "bmp_24.bmp", "24 bits", by_hand, bmp_file(w, h, 24, bmp_rows(bgr, 24)))
    add("BMP", "bmp_24_gap.bmp", "a gap in front of the pixels", by_hand, bmp_file(w, h, 24, bmp_rows(bgr, 24), gap=10))
    add("BMP", "bmp_24_top_down.bmp", "rows from the top", by_hand, bmp_file(w, -h, 24, bmp_rows(bgr, 24, True)))
    add("BMP", "bmp_os2_24.bmp", "OS/2 1.x, 24 bits", by_hand, bmp_file(w, h, 24, bmp_rows(bgr, 24), header=12))
    bgra = np.ascontiguousarray(np.dstack([bgr, ALPHA]))
    add("BMP", "bmp_32.bmp", "32 bits", by_hand, bmp_file(w, h, 32, bmp_rows(bgra, 32)))
    add("BMP", "bmp_32_alpha.bmp", "32 bits with alpha mask, version 5", "Pillow", saved(Image.fromarray(RGBA), "BMP"))
    add("BMP", "bmp_magick.bmp", "version 5 header", "ImageMagick", magick([], "out.bmp", RGBA))
    add("BMP", "bmp_magick3.bmp", "version 3 header", "ImageMagick", magick([], "BMP3:out.bmp"))
    add("BMP", "bmp_magick2.bmp", "version 2 header", "ImageMagick", magick(["-colors", "200"], "BMP2:out.bmp"))
    five = RGB.astype(np.uint16) >> 3
    x555 = five[:, :, 0] << 10 | five[:, :, 1] << 5 | five[:, :, 2]
    x565 = five[:, :, 0] << 11 | (RGB[:, :, 1].astype(np.uint16) >> 2) << 5 | five[:, :, 2]
    add("BMP", "bmp_555.bmp", "16 bits, 5-5-5", by_hand, bmp_file(w, h, 16, bmp_rows(x555, 16)))
    add("BMP", "bmp_555_fields.bmp", "16 bits, fields 5-5-5", by_hand,
        bmp_file(w, h, 16, bmp_rows(x555, 16), compression=3, masks=struct.pack("<III", 0x7C00, 0x3E0, 0x1F)))
    add("BMP", "bmp_565.bmp", "16 bits, fields 5-6-5", by_hand,
        bmp_file(w, h, 16, bmp_rows(x565, 16), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    for header in (52, 56, 108, 124):
        add("BMP", f"bmp_header{header}.bmp", f"header of {header} bytes, fields of 32 bits", by_hand,
            bmp_file(w, h, 32, bmp_rows(bgra, 32), header=header, compression=3,
                     masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000 if header > 52 else 0)))
    add("BMP", "bmp_fields_xbgr.bmp", "32 bits, other order of fields", by_hand,
        bmp_file(w, h, 32, bmp_rows(bgra, 32), header=56, compression=3, masks=struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0)))
    add("BMP", "bmp_fields_444.bmp", "16 bits, fields 4-4-4", by_hand,
        bmp_file(w, h, 16, bmp_rows(x555, 16), compression=3, masks=struct.pack("<III", 0xF00, 0xF0, 0xF)))
    add("BMP", "bmp_cut.bmp", "cut", by_hand, bmp_file(w, h, 24, bmp_rows(bgr, 24)[:-900]))
    add("BMP", "bmp_png_inside.bmp", "a PNG inside", by_hand, bmp_file(w, h, 24, png(RGB), compression=5))


# ---------------------------------------------------------------- WebP


def cwebp(*options, pixels=RGB):
    return tool(["cwebp", "-quiet", *options, "in.png", "-o", "out.webp"], ("in.png", png(pixels)), output="out.webp")


def webp():
    for quality in (0, 25, 50, 75, 90, 100):
        add("WebP", f"webp_lossy_q{quality}.webp", "lossy", "cwebp", cwebp("-q", str(quality)))
    for method in (0, 1, 3, 6):
        add("WebP", f"webp_lossy_m{method}.webp", "lossy", "cwebp", cwebp("-q", "60", "-m", str(method)))
    for name, options in {
        "filter_none": ["-f", "0"], "filter_strong": ["-f", "100", "-strong"], "filter_simple": ["-f", "60", "-nostrong"],
        "sharp": ["-sharpness", "7"], "segments1": ["-segments", "1"], "partitions": ["-partition_limit", "50"],
        "sns": ["-sns", "100"], "sharp_yuv": ["-sharp_yuv"], "picture": ["-preset", "drawing"],
    }.items():
        add("WebP", f"webp_lossy_{name}.webp", f"lossy, {name.replace('_', ' ')}", "cwebp", cwebp("-q", "40", *options))
    for width, height in ((1, 1), (2, 3), (16, 16), (17, 15), (130, 3)):
        add("WebP", f"webp_lossy_{width}x{height}.webp", "lossy, small sides", "cwebp", cwebp(pixels=photo(width, height)))
        add("WebP", f"webp_lossless_{width}x{height}.webp", "lossless, small sides", "cwebp", cwebp("-lossless", pixels=photo(width, height)))
    for level in (0, 3, 6, 9):
        add("WebP", f"webp_lossless_z{level}.webp", "lossless", "cwebp", cwebp("-z", str(level)))
    for colors in (2, 4, 16, 200):
        add("WebP", f"webp_lossless_{colors}_colors.webp", "lossless, palette", "cwebp", cwebp("-lossless", pixels=palette(colors)[drawing(colors)]))
    add("WebP", "webp_near_lossless.webp", "near lossless", "cwebp", cwebp("-near_lossless", "20"))
    add("WebP", "webp_lossy_alpha.webp", "lossy with alpha", "cwebp", cwebp(pixels=RGBA))
    add("WebP", "webp_lossy_alpha_raw.webp", "lossy with alpha, not compressed", "cwebp", cwebp("-alpha_method", "0", pixels=RGBA))
    add("WebP", "webp_lossless_alpha.webp", "lossless with alpha", "cwebp", cwebp("-lossless", "-exact", pixels=RGBA))
    icc = profile()
    exif = Image.Exif()
    exif[0x112] = 6
    add("WebP", "webp_icc_exif.webp", "profile and EXIF", "Pillow", saved(Image.fromarray(RGB), "WEBP", icc_profile=icc, exif=exif))
    frames = [Image.fromarray(p) for p in (RGB, 255 - RGB)]
    for lossless in (False, True):
        add("WebP", f"webp_animated_{'lossless' if lossless else 'lossy'}.webp", "animation: its first frame", "Pillow",
            saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=lossless))
    add("WebP", "webp_animated_alpha.webp", "animation with alpha", "Pillow",
        saved(Image.fromarray(RGBA), "WEBP", save_all=True, append_images=frames[1:]))
    inner = gif_file(drawing(16), 4, palette(16), (60, 50), (8, 6), before=b"!\xf9\x04\x09\x0a\0\x05\0")
    inner = inner[:-1] + gif_file(drawing(8), 3, palette(8), (60, 50), local=True)[13:]
    add("WebP", "webp_animated_offset.webp", "animation whose first frame is smaller than its canvas", "gif2webp",
        tool(["gif2webp", "-quiet", "in.gif", "-o", "out.webp"], ("in.gif", inner), output="out.webp"))
    add("WebP", "webp_animated_offset_lossy.webp", "animation whose first frame is smaller than its canvas, lossy", "gif2webp",
        tool(["gif2webp", "-quiet", "-lossy", "in.gif", "-o", "out.webp"], ("in.gif", inner), output="out.webp"))
    add("WebP", "webp_animated_muxed.webp", "animation with frames at offsets", "webpmux",
        tool(["webpmux", "-frame", "a.webp", "+100+10+6", "-frame", "b.webp", "+100+0+0", "-o", "out.webp"],
             ("a.webp", cwebp("-q", "60")), ("b.webp", cwebp("-lossless", pixels=photo(80, 60))), output="out.webp"))
    lossy, lossless = cwebp("-q", "60"), cwebp("-lossless")
    for name, whole in (("lossy", lossy), ("lossless", lossless)):
        add("WebP", f"webp_{name}_cut.webp", f"{name}, cut", "cwebp, then changed", whole[: len(whole) * 2 // 3])
        add("WebP", f"webp_{name}_zeroed.webp", f"{name}, the last third is zeros", "cwebp, then changed",
            whole[: len(whole) * 2 // 3] + bytes(len(whole) - len(whole) * 2 // 3))
    add("WebP", "webp_garbage_behind.webp", "bytes behind the end", "cwebp, then changed", lossy + b"garbage")


def orientations():
    """What `exif_transpose` makes of the tag in each place: expected digests are those of the turned picture."""
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x112] = 6
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
    image = Image.fromarray(RGB)
    files = {
        "turned_exif.jpg": ("JPEG", saved(image, "JPEG", exif=exif)),
        "turned_xmp.jpg": ("JPEG", saved(image, "JPEG", xmp=xmp)),
        "turned_exif.png": ("PNG", saved(image, "PNG", exif=exif)),
        "turned_exif_behind.png": ("PNG", png_file(RGB, 8, 2)[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + chunk(b"IEND", b"")),
        "turned_xmp.png": ("PNG", png_file(RGB, 8, 2, extra=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))),
        "turned_exif.webp": ("WebP", saved(image, "WEBP", exif=exif, lossless=True)),
        "turned_xmp.webp": ("WebP", saved(image, "WEBP", xmp=xmp, lossless=True)),
    }
    for name, (fmt, content) in files.items():
        add(fmt, name, "turned by EXIF or XMP, where --orientation apply asks for it", "Pillow", content)
        with Image.open(io.BytesIO(content)) as opened:
            ENTRIES[-1]["turned"] = digest(np.asarray(ImageOps.exif_transpose(opened).convert("RGB")))
