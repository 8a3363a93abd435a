"""TIFF and BigTIFF."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from .base import *  # noqa: F403


def written(pixels, **options):
    """By tifffile, without its notes."""
    out = io.BytesIO()
    options.setdefault("metadata", None)
    big = options.pop("bigtiff", False)
    order = options.pop("byteorder", "<")
    with tifffile.TiffWriter(out, bigtiff=big, byteorder=order) as writer:
        writer.write(pixels, software=False, **options)
    return out.getvalue()


def by_hand(width, height, strips, tags, order="<", big=False, photometric=1, bits=(8,), compression=1, rows=None):
    """A file tag by tag: for what no writer writes."""
    entries = {
        256: (4, [width]), 257: (4, [height]), 258: (3, list(bits)), 259: (3, [compression]), 262: (3, [photometric]),
        277: (3, [len(bits)]), 278: (4, [rows or height]), 279: (4, [len(s) for s in strips]), **tags,
    }
    head = 16 if big else 8
    data = b"".join(strips)
    entries[273] = (4, [head + sum(len(s) for s in strips[:i]) for i in range(len(strips))])
    sizes = {1: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
    start = head + len(data) + (len(data) & 1)
    entry_size, inline = (20, 8) if big else (12, 4)
    after = start + (8 if big else 2) + entry_size * len(entries) + (8 if big else 4)
    table, more = b"", b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        packed = struct.pack(order + sizes[kind] * len(values), *values)
        if len(packed) > inline:
            value = struct.pack(order + ("Q" if big else "I"), after + len(more))
            more += packed + bytes(len(packed) & 1)
        else:
            value = packed.ljust(inline, b"\0")
        table += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, len(values)) + value
    letters = b"II" if order == "<" else b"MM"
    header = letters + (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    return header + data + bytes(len(data) & 1) + count + table + bytes(8 if big else 4) + more


def packed_bits(samples, bits):
    rows = []
    for row in samples:
        spread = ((row[:, None].astype(int) >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
        rows.append(np.packbits(spread).tobytes())
    return b"".join(rows)


def tiff():
    compressions()
    kinds()
    layouts()
    faxes()
    damage()


def divided(rgba):
    """Colours that were multiplied with their alpha."""
    alpha = rgba[:, :, 3:].astype(int)
    return np.where(alpha == 0, 0, np.minimum(255, rgba[:, :, :3].astype(int) * 255 // np.maximum(1, alpha))).astype(np.uint8)


def compressions():
    for name in ("none", "lzw", "deflate", "packbits", "zstd", "lzma", "webp"):
        for pixels, kind in ((RGB, "RGB"), (GRAY, "grey")):
            if name == "webp" and kind == "grey":
                continue
            options = {"compressionargs": {"level": -1}} if name == "webp" else {}
            content = written(pixels, compression=None if name == "none" else name, rowsperstrip=16,
                              photometric="rgb" if kind == "RGB" else "minisblack", **options)
            reason = ("Pillow's libtiff is built without WebP", digest(RGB)) if name == "webp" else ()
            add("TIFF", f"tiff_{name}_{kind.lower()}.tif", f"{name}, {kind}", "tifffile", content, *reason)
    for name in ("lzw", "adobe_deflate", "zstd"):
        for dtype, kind in ((np.uint8, "8 bits"), (np.uint16, "16 bits")):
            for order in "<>":
                pixels = RGB if dtype == np.uint8 else RGB16
                add("TIFF", f"tiff_{name}_predictor_{np.dtype(dtype).itemsize * 8}_{'le' if order == '<' else 'be'}.tif",
                    f"{name} with predictor, RGB of {kind}", "tifffile",
                    written(pixels, compression=name, predictor=2, photometric="rgb", byteorder=order))
    flat = (GRAY / 1.0).astype(np.float32)
    add("TIFF", "tiff_float_predictor.tif", "float grey with its predictor", "tifffile",
        written(flat, compression="adobe_deflate", predictor=3, photometric="minisblack"))
    rgb = Image.fromarray(RGB)
    for quality, kind in ((75, "YCbCr"), (95, "YCbCr")):
        add("TIFF", f"tiff_jpeg_{quality}.tif", f"JPEG, {kind}", "Pillow", saved(rgb, "TIFF", compression="jpeg", quality=quality))
    add("TIFF", "tiff_jpeg_gray.tif", "JPEG, grey", "Pillow", saved(Image.fromarray(GRAY), "TIFF", compression="jpeg"))
    big = photo(90, 70)
    source = saved(Image.fromarray(big), "TIFF")
    for name, options in {
        "jpeg_rgb": ["-c", "jpeg:r:80", "-r", "16"], "jpeg_ycbcr_strips": ["-c", "jpeg:80", "-r", "16"],
        "jpeg_tiles": ["-c", "jpeg:80", "-t", "-w", "32", "-l", "32"], "lzw_tiles": ["-c", "lzw:2", "-t", "-w", "32", "-l", "16"],
        "zip_planes": ["-c", "zip", "-p", "separate"], "planes": ["-c", "none", "-p", "separate"],
        "lzw_planes_tiles": ["-c", "lzw", "-p", "separate", "-t", "-w", "16", "-l", "16"], "big": ["-8", "-c", "zip:2"],
        "lsb": ["-f", "lsb2msb", "-c", "lzw"], "big_endian": ["-B", "-c", "packbits"],
    }.items():
        add("TIFF", f"tiff_{name}.tif", name.replace("_", " "), "tiffcp",
            tool(["tiffcp", *options, "in.tif", "out.tif"], ("in.tif", source), output="out.tif"))


def kinds():
    h, w = GRAY.shape
    for bits in (1, 2, 4, 8):
        samples = GRAY >> (8 - bits)
        for photometric in (0, 1):
            add("TIFF", f"tiff_gray{bits}_{'white' if photometric == 0 else 'black'}_is_zero.tif",
                f"grey of {bits} bits, {'white' if photometric == 0 else 'black'} is zero", "by hand",
                by_hand(w, h, [packed_bits(samples, bits)], {}, photometric=photometric, bits=(bits,)))
        table = palette(1 << bits).astype(int) * 257
        colors = {320: (3, [int(v) for v in table.T.reshape(-1)])}
        add("TIFF", f"tiff_palette{bits}.tif", f"palette of {bits} bits", "by hand",
            by_hand(w, h, [packed_bits(drawing(1 << bits), bits)], colors, photometric=3, bits=(bits,)))
    add("TIFF", "tiff_gray12.tif", "grey of 12 bits", "by hand",
        by_hand(w, h, [packed_bits(GRAY16 >> 4, 12)], {}, bits=(12,)), GRAY16_REASON, high_bytes(GRAY16))
    for order in "<>":
        tail = "le" if order == "<" else "be"
        add("TIFF", f"tiff_gray16_{tail}.tif", "grey of 16 bits", "tifffile",
            written(GRAY16, photometric="minisblack", byteorder=order), GRAY16_REASON, high_bytes(GRAY16))
        add("TIFF", f"tiff_rgb16_{tail}.tif", "RGB of 16 bits", "tifffile", written(RGB16, photometric="rgb", byteorder=order))
        rgba16 = np.dstack([RGB16, ALPHA.astype(np.uint16) * 257])
        for extra in ("unassalpha", "assocalpha", "unspecified"):
            add("TIFF", f"tiff_rgb16_{extra}_{tail}.tif", f"RGB of 16 bits with alpha ({extra})", "tifffile",
                written(rgba16, photometric="rgb", extrasamples=[extra], byteorder=order))
        add("TIFF", f"tiff_cmyk16_{tail}.tif", "CMYK of 16 bits", "tifffile",
            written(CMYK.astype(np.uint16) * 257, photometric="separated", byteorder=order))
        signed = (GRAY.astype(np.int16) * 3 - 200)
        add("TIFF", f"tiff_int16_{tail}.tif", "signed grey of 16 bits", "tifffile", written(signed, photometric="minisblack", byteorder=order))
        add("TIFF", f"tiff_int32_{tail}.tif", "signed grey of 32 bits", "tifffile",
            written(signed.astype(np.int32), photometric="minisblack", byteorder=order))
        add("TIFF", f"tiff_float32_{tail}.tif", "float grey of 32 bits", "tifffile",
            written(signed.astype(np.float32) * 1.1, photometric="minisblack", byteorder=order))
    add("TIFF", "tiff_uint32.tif", "grey of 32 bits", "tifffile", written(GRAY.astype(np.uint32) * 2, photometric="minisblack"))
    add("TIFF", "tiff_int8.tif", "signed grey of 8 bits", "by hand", by_hand(w, h, [GRAY.tobytes()], {339: (3, [2])}))
    add("TIFF", "tiff_float16.tif", "float grey of 16 bits", "tifffile", written(GRAY.astype(np.float16), photometric="minisblack"))
    add("TIFF", "tiff_float64.tif", "float grey of 64 bits", "tifffile", written(GRAY.astype(np.float64), photometric="minisblack"))
    for extra in ("unassalpha", "assocalpha", "unspecified"):
        add("TIFF", f"tiff_rgb_{extra}.tif", f"RGB with alpha ({extra})", "tifffile", written(RGBA, photometric="rgb", extrasamples=[extra]))
        add("TIFF", f"tiff_rgb_{extra}_lzw.tif", f"RGB with alpha ({extra}), LZW", "tifffile",
            written(RGBA, photometric="rgb", extrasamples=[extra], compression="lzw"))
        add("TIFF", f"tiff_gray_{extra}.tif", f"grey with alpha ({extra})", "tifffile",
            written(np.dstack([GRAY, ALPHA]), photometric="minisblack", planarconfig="contig", extrasamples=[extra]))
        reason = {
            "unassalpha": (),
            "assocalpha": ("read like the same samples pixel by pixel, which Pillow refuses in planes", digest(divided(RGBA))),
            "unspecified": ("planes behind the colours are left out, which Pillow refuses here", digest(RGB)),
        }[extra]
        add("TIFF", f"tiff_rgb_{extra}_planes.tif", f"RGB with alpha ({extra}) in planes", "tifffile",
            written(np.ascontiguousarray(RGBA.transpose(2, 0, 1)), photometric="rgb", planarconfig="separate", extrasamples=[extra]), *reason)
    add("TIFF", "tiff_rgb_alpha_unnamed.tif", "RGB with a fourth sample that no tag explains", "by hand",
        by_hand(w, h, [RGBA.tobytes()], {}, photometric=2, bits=(8,) * 4))
    add("TIFF", "tiff_rgb_spots.tif", "RGB with three spot colours", "tifffile",
        written(np.dstack([RGBA, GRAY, GRAY]), photometric="rgb", planarconfig="contig", extrasamples=["unspecified"] * 3))
    for extra, kind in ((0, "a sample that is not explained"), (2, "alpha")):
        table = palette(256).astype(int) * 257
        add("TIFF", f"tiff_palette_extra{extra}.tif", f"palette with {kind}", "by hand",
            by_hand(w, h, [np.dstack([drawing(256), ALPHA]).tobytes()],
                    {320: (3, [int(v) for v in table.T.reshape(-1)]), 338: (3, [extra])}, photometric=3, bits=(8, 8)))
    add("TIFF", "tiff_cmyk.tif", "CMYK", "Pillow", saved(Image.fromarray(CMYK, "CMYK"), "TIFF"))
    add("TIFF", "tiff_cmyk_lzw.tif", "CMYK, LZW", "tifffile", written(CMYK, photometric="separated", compression="lzw"))
    add("TIFF", "tiff_cmyk_planes.tif", "CMYK in planes", "tifffile",
        written(np.ascontiguousarray(CMYK.transpose(2, 0, 1)), photometric="separated", planarconfig="separate"))
    for spots in (1, 2):
        add("TIFF", f"tiff_cmyk_spots{spots}.tif", "CMYK with spot colours", "tifffile",
            written(np.dstack([CMYK] + [GRAY] * spots), photometric="separated", planarconfig="contig", extrasamples=["unspecified"] * spots))
    add("TIFF", "tiff_cmyk_jpeg.tif", "CMYK in JPEG", "Pillow", saved(Image.fromarray(CMYK, "CMYK"), "TIFF", compression="jpeg"))
    add("TIFF", "tiff_lab.tif", "CIELab", "tifffile", written(RGB, photometric="cielab"),
        "needs a colour management that gives Pillow's rounding", "decode/unsupported_format")
    ycbcr = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    for name in (None, "lzw"):
        add("TIFF", f"tiff_ycbcr_{name or 'none'}.tif", f"YCbCr, {name or 'uncompressed'}", "by hand",
            by_hand(w, h, [imagecodecs.lzw_encode(ycbcr.tobytes()) if name else ycbcr.tobytes()], {530: (3, [1, 1])},
                    photometric=6, bits=(8,) * 3, compression=5 if name else 1),
            "YCbCr outside of JPEG is not read", "decode/unsupported_format")
    add("TIFF", "tiff_bits_565.tif", "samples of unequal size", "by hand",
        by_hand(w, h, [bytes(w * h * 2)], {}, photometric=2, bits=(5, 6, 5)))


def layouts():
    h, w = GRAY.shape
    for orientation in range(1, 9):
        add("TIFF", f"tiff_orientation_{orientation}.tif", f"orientation {orientation}, applied", "by hand",
            by_hand(w, h, [RGB.tobytes()], {274: (3, [orientation])}, photometric=2, bits=(8,) * 3))
        add("TIFF", f"tiff_orientation_{orientation}_deflate.tif", f"orientation {orientation}, applied, Deflate", "by hand",
            by_hand(w, h, [zlib.compress(RGB.tobytes())], {274: (3, [orientation])}, photometric=2, bits=(8,) * 3, compression=8))
    for order in "<>":
        for compression in (None, "lzw"):
            add("TIFF", f"tiff_bigtiff_{'le' if order == '<' else 'be'}_{compression or 'none'}.tif", "BigTIFF", "tifffile",
                written(RGB, photometric="rgb", bigtiff=True, byteorder=order, compression=compression),
                *(("Pillow does not read BigTIFF of this byte order", digest(RGB)) if order == ">" else ()))
    big = photo(100, 70)
    for tile in ((16, 16), (32, 48), (128, 128)):
        for compression in (None, "adobe_deflate"):
            add("TIFF", f"tiff_tiles_{tile[0]}x{tile[1]}_{compression or 'none'}.tif", f"tiles of {tile[1]}x{tile[0]}", "tifffile",
                written(big, photometric="rgb", tile=tile, compression=compression))
    for rows in (1, 7, 37):
        add("TIFF", f"tiff_strips_{rows}.tif", f"strips of {rows} rows", "tifffile", written(RGB, photometric="rgb", rowsperstrip=rows))
    add("TIFF", "tiff_pages.tif", "two pages: the first", "Pillow",
        saved(Image.fromarray(RGB), "TIFF", save_all=True, append_images=[Image.fromarray(255 - RGB)]))
    add("TIFF", "tiff_bits_reversed.tif", "bits in reverse order", "by hand",
        by_hand(w, h, [bytes(int(f"{b:08b}"[::-1], 2) for b in GRAY.tobytes())], {266: (3, [2])}))
    add("TIFF", "tiff_counts_missing.tif", "no tag for the lengths of strips", "by hand",
        by_hand(w, h, [GRAY.tobytes()], {}).replace(struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 280, 4, 1)))
    add("TIFF", "tiff_tag_behind_end.tif", "a tag whose text lies behind the end", "by hand",
        by_hand(w, h, [GRAY.tobytes()], {305: (1, [65] * 40)})[:-30])
    add("TIFF", "tiff_size_twice.tif", "the width is said twice", "by hand",
        by_hand(w, h, [GRAY.tobytes()], {260: (4, [9])}).replace(struct.pack("<HHII", 260, 4, 1, 9), struct.pack("<HHII", 256, 4, 1, 9)))
    for width, height in ((1, 1), (1, 50), (70, 1)):
        add("TIFF", f"tiff_{width}x{height}.tif", "small sides", "tifffile", written(photo(width, height), photometric="rgb", compression="lzw"))


def faxes():
    source = {}
    text = Image.new("1", (173, 61), 1)
    for y in range(61):
        for x in range(173):
            if (x * x // 40 + y * y // 23) % 11 < 3 or (x // 31 + y // 17) % 4 == 0:
                text.putpixel((x, y), 0)
    source["drawing"] = text
    noise = np.random.RandomState(3).randint(0, 2, (40, 64)).astype(bool)
    source["noise"] = Image.fromarray(noise)
    source["white"] = Image.new("1", (2600, 12), 1)
    source["black"] = Image.new("1", (2600, 12), 0)
    for name, image in source.items():
        content = saved(image, "TIFF")
        for kind, option in (("g3_1d", "g3:1d"), ("g3_2d", "g3:2d"), ("g3_fill", "g3:1d:fill"), ("g4", "g4")):
            add("TIFF", f"tiff_fax_{kind}_{name}.tif", f"fax, {kind.replace('_', ' ')}", "tiffcp",
                tool(["tiffcp", "-c", option, "in.tif", "out.tif"], ("in.tif", content), output="out.tif"))
        add("TIFF", f"tiff_fax_rle_{name}.tif", "fax, rows at bytes (compression 2)", "Pillow", saved(image, "TIFF", compression="tiff_ccitt"))
        add("TIFF", f"tiff_fax_g4_strips_{name}.tif", "fax, g4 in strips", "tiffcp",
            tool(["tiffcp", "-c", "g4", "-r", "8", "in.tif", "out.tif"], ("in.tif", content), output="out.tif"))
        add("TIFF", f"tiff_fax_g4_lsb_{name}.tif", "fax, g4 with bits in reverse order", "tiffcp",
            tool(["tiffcp", "-c", "g4", "-f", "lsb2msb", "in.tif", "out.tif"], ("in.tif", content), output="out.tif"))


def damage():
    h, w = GRAY.shape
    for name in ("none", "lzw", "adobe_deflate", "packbits", "zstd"):
        content = bytearray(written(RGB, photometric="rgb", compression=None if name == "none" else name))
        page = tifffile.TiffFile(io.BytesIO(bytes(content))).pages[0]
        offset, count = page.dataoffsets[0], page.databytecounts[0]
        content[offset + count // 2 : offset + count] = bytes(count - count // 2)
        options = {}
        add("TIFF", f"tiff_zeroed_{name}.tif", f"{name}, the second half is zeros", "tifffile, then changed", bytes(content), **options)
    data = zlib.compress(GRAY.tobytes())
    tags = {279: (4, [len(data)])}
    add("TIFF", "tiff_strip_behind_end.tif", "strip that reaches behind the end", "by hand",
        by_hand(w, h, [data], {279: (4, [len(data) + 9999])}, compression=8))
    add("TIFF", "tiff_strip_short.tif", "strip with too few pixels", "by hand",
        by_hand(w, h, [zlib.compress(GRAY.tobytes()[:-200])], {}, compression=8))
    text = saved(Image.fromarray(BITS.astype(bool)), "TIFF", compression="group4")
    page = tifffile.TiffFile(io.BytesIO(text)).pages[0]
    half = page.databytecounts[0] // 2
    strip = text[page.dataoffsets[0] : page.dataoffsets[0] + half]
    add("TIFF", "tiff_fax_g4_cut.tif", "fax, g4, cut", "by hand", by_hand(w, h, [strip], {}, photometric=0, bits=(1,), compression=4),
        "a row with a code that means nothing is an error; libtiff leaves what follows white", "decode/truncated")
    add("TIFF", "tiff_no_strips.tif", "no strips", "by hand",
        by_hand(w, h, [GRAY.tobytes()], {}).replace(struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 272, 4, 1)))
    add("TIFF", "tiff_compression_unknown.tif", "compression that nobody knows", "by hand", by_hand(w, h, [GRAY.tobytes()], {}, compression=777))
    add("TIFF", "tiff_jpeg_old.tif", "JPEG of the old kind (compression 6)", "by hand",
        by_hand(w, h, [saved(Image.fromarray(GRAY), "JPEG")], {}, compression=6))
