"""Formats that are rarer in lakes: read where it is little work, named in the row where not."""

import io
import struct

import imagecodecs
import numpy as np
import pillow_heif
from PIL import Image

from .base import *  # noqa: F403

pillow_heif.register_heif_opener()
H, W = GRAY.shape


def netpbm():
    rgb, gray = Image.fromarray(RGB), Image.fromarray(GRAY)
    add("PNM", "pnm_p6.ppm", "P6, colours", "Pillow", saved(rgb, "PPM"))
    add("PNM", "pnm_p5.pgm", "P5, grey", "Pillow", saved(gray, "PPM"))
    add("PNM", "pnm_p4.pbm", "P4, bits", "Pillow", saved(Image.fromarray(BITS.astype(bool)), "PPM"))
    for magic, pixels, top in ((b"P3", RGB, 255), (b"P2", GRAY, 255), (b"P3", RGB // 16, 15), (b"P2", GRAY // 3, 85)):
        numbers = b"\n".join(b" ".join(b"%d" % v for v in row.reshape(-1)) for row in pixels)
        add("PNM", f"pnm_{magic.decode().lower()}_max{top}.pnm", f"{magic.decode()}, text, maximum {top}", "by hand",
            magic + b"\n# a comment\n%d %d\n%d\n" % (W, H, top) + numbers + b"\n")
    bits = b"\n".join(b" ".join(b"%d" % (1 - v) for v in row) for row in BITS)
    add("PNM", "pnm_p1.pbm", "P1, text", "by hand", b"P1\n%d %d\n" % (W, H) + bits)
    for top in (15, 100, 300, 65535):
        scaled = (RGB.astype(np.uint32) * top // 255)
        data = scaled.astype(">u2" if top > 255 else np.uint8).tobytes()
        add("PNM", f"pnm_p6_max{top}.ppm", f"P6, maximum {top}", "by hand", b"P6 %d %d %d\n" % (W, H, top) + data)
    gray16 = GRAY16.astype(">u2").tobytes()
    add("PNM", "pnm_p5_16.pgm", "P5, grey of 16 bits", "by hand", b"P5 %d %d 65535\n" % (W, H) + gray16, GRAY16_REASON, high_bytes(GRAY16))
    for depth, kind, pixels in ((1, "GRAYSCALE", GRAY), (2, "GRAYSCALE_ALPHA", np.dstack([GRAY, ALPHA])), (3, "RGB", RGB), (4, "RGB_ALPHA", RGBA)):
        head = "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n" % (W, H, depth, kind)
        add("PNM", f"pam_{kind.lower()}.pam", f"PAM, {kind}", "by hand", head.encode() + pixels.tobytes())
    add("PNM", "pnm_cut.ppm", "cut", "Pillow, then changed", saved(rgb, "PPM")[:-500])
    add("PNM", "pnm_pfm.pfm", "PFM, floats", "by hand", b"Pf\n%d %d\n-1.0\n" % (W, H) + GRAY[::-1].astype("<f4").tobytes())


def targa():
    rgb, gray, alpha = Image.fromarray(RGB), Image.fromarray(GRAY), Image.fromarray(RGBA)
    for image, kind in ((rgb, "24 bits"), (gray, "grey"), (alpha, "32 bits"), (rgb.quantize(64), "palette"), (Image.fromarray(np.dstack([GRAY, ALPHA]), "LA"), "grey with alpha")):
        for rle in (False, True):
            for orientation in (-1, 1):
                name = f"tga_{kind.replace(' ', '_')}{'_rle' if rle else ''}{'_up' if orientation == 1 else ''}.tga"
                add("TGA", name, f"{kind}{', run lengths' if rle else ''}", "Pillow", saved(image, "TGA", compression="tga_rle" if rle else None, orientation=orientation))
    bgr5 = (RGB[:, :, 0].astype(np.uint16) >> 3) << 10 | (RGB[:, :, 1].astype(np.uint16) >> 3) << 5 | RGB[:, :, 2] >> 3
    add("TGA", "tga_16.tga", "16 bits", "by hand", struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, W, H, 16, 0x20) + bgr5.astype("<u2").tobytes())
    add("TGA", "tga_cut.tga", "cut", "Pillow, then changed", saved(rgb, "TGA")[:900])


def pcx():
    rgb, gray = Image.fromarray(RGB), Image.fromarray(GRAY)
    add("PCX", "pcx_24.pcx", "24 bits", "Pillow", saved(rgb, "PCX"))
    add("PCX", "pcx_palette.pcx", "palette of 8 bits", "Pillow", saved(rgb.quantize(100), "PCX"))
    add("PCX", "pcx_gray.pcx", "grey", "Pillow", saved(gray, "PCX"))
    add("PCX", "pcx_1.pcx", "1 bit", "Pillow", saved(Image.fromarray(BITS.astype(bool)), "PCX"))
    colors = palette(16)
    content = bytearray(struct.pack("<BBBBHHHHHH", 10, 5, 1, 1, 0, 0, W - 1, H - 1, 72, 72) + colors.tobytes() + b"\0\4")
    stride = (W + 15) // 16 * 2
    content += struct.pack("<HHHH", stride, 1, 0, 0) + bytes(54)
    for row in drawing(16):
        for plane in range(4):
            packed = np.packbits((row >> plane) & 1).tobytes().ljust(stride, b"\0")
            content += b"".join(b"\xc1" + bytes([v]) for v in packed)
    add("PCX", "pcx_planes.pcx", "four planes of 1 bit", "by hand", bytes(content))
    add("PCX", "pcx_cut.pcx", "cut", "Pillow, then changed", saved(rgb, "PCX")[:1500])


def photoshop():
    for name, options, pixels in (("rgb", [], RGB), ("rgb_raw", ["-compress", "none"], RGB), ("alpha", [], RGBA), ("gray", [], GRAY)):
        add("PSD", f"psd_{name}.psd", name.replace("_", " "), "ImageMagick", magick(options, "out.psd", pixels))
    add("PSD", "psd_cmyk.psd", "CMYK", "ImageMagick", magick(["-colorspace", "CMYK"], "out.psd"))
    add("PSD", "psd_16.psd", "RGB of 16 bits", "ImageMagick", magick(["-depth", "16"], "out.psd", np.ascontiguousarray(RGB)))

    def psd(mode, channels, depth, data, colors=b"", compression=0):
        return struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, H, W, depth, mode) + struct.pack(">I", len(colors)) + colors + bytes(8) + struct.pack(">H", compression) + data

    add("PSD", "psd_bitmap.psd", "1 bit", "by hand", psd(0, 1, 1, np.packbits(1 - BITS, axis=1).tobytes()))
    table = np.zeros((256, 3), np.uint8)
    table[:64] = palette(64)
    add("PSD", "psd_indexed.psd", "palette", "by hand", psd(2, 1, 8, drawing(64).tobytes(), table.T.tobytes()))
    add("PSD", "psd_gray16.psd", "grey of 16 bits", "by hand", psd(1, 1, 16, GRAY16.astype(">u2").tobytes()))
    add("PSD", "psd_cut.psd", "cut", "by hand", psd(3, 3, 8, RGB.transpose(2, 0, 1).tobytes()[:-700]))


def icons():
    add("ICO", "ico_png.ico", "PNG inside, several sizes", "Pillow", saved(Image.fromarray(photo(64, 64)), "ICO", sizes=[(16, 16), (32, 32), (64, 64)]))
    add("ICO", "ico_bmp.ico", "bitmaps inside", "Pillow", saved(Image.fromarray(photo(48, 48)), "ICO", sizes=[(16, 16), (48, 48)], bitmap_format="bmp"))
    add("ICO", "ico_bmp_alpha.ico", "bitmap with alpha inside", "Pillow", saved(Image.fromarray(np.dstack([photo(32, 32), photo(32, 32)[:, :, 0]])), "ICO", sizes=[(32, 32)], bitmap_format="bmp"))
    for colors in (2, 16, 200):
        image = palette(colors)[drawing(colors, 32, 32)]
        add("ICO", f"ico_magick_{colors}.ico", f"{colors} colours", "ImageMagick", magick([], "out.ico", image))
    cursor = bytearray(saved(Image.fromarray(photo(32, 32)), "ICO", sizes=[(32, 32)], bitmap_format="bmp"))
    cursor[2] = 2
    add("ICO", "cur_bmp.cur", "cursor", "Pillow, then changed", bytes(cursor))
    add("ICO", "ico_cut.ico", "cut", "Pillow, then changed", saved(Image.fromarray(photo(48, 48)), "ICO", sizes=[(48, 48)], bitmap_format="bmp")[:2000])


def others():
    rgb, gray, alpha = Image.fromarray(RGB), Image.fromarray(GRAY), Image.fromarray(RGBA)
    add("QOI", "qoi_rgb.qoi", "RGB", "imagecodecs", imagecodecs.qoi_encode(RGB))
    add("QOI", "qoi_rgba.qoi", "RGB with alpha", "imagecodecs", imagecodecs.qoi_encode(RGBA))
    add("QOI", "qoi_drawing.qoi", "runs and repeated colours", "imagecodecs", imagecodecs.qoi_encode(palette(16)[drawing(16)]))
    add("QOI", "qoi_cut.qoi", "cut", "imagecodecs, then changed", imagecodecs.qoi_encode(RGB)[:800])
    for image, kind in ((rgb, "RGB"), (gray, "grey"), (alpha, "RGB with alpha")):
        add("SGI", f"sgi_{kind.replace(' ', '_').lower()}.sgi", kind, "Pillow", saved(image, "SGI"))
        add("SGI", f"sgi_{kind.replace(' ', '_').lower()}_16.sgi", f"{kind}, 16 bits", "Pillow", saved(image, "SGI", bpc=2))
        pixels = np.asarray(image)
        add("SGI", f"sgi_{kind.replace(' ', '_').lower()}_rle.sgi", f"{kind}, run lengths", "ImageMagick", magick(["-compress", "RLE"], "out.sgi", pixels))
    unread = (None, "decode/unsupported_format")
    reason = {"why": "no library that we keep reads it to the bit"}
    for image, kind in ((rgb, "RGB"), (gray, "grey")):
        for lossless in (True, False):
            tail = f"{kind.lower()}_{'lossless' if lossless else 'lossy'}"
            add("JPEG 2000", f"jp2_{tail}.jp2", f"{kind}, {'lossless' if lossless else 'lossy'}", "Pillow",
                saved(image, "JPEG2000", irreversible=not lossless), reason["why"], unread[1])
    add("JPEG 2000", "j2k_rgb.j2k", "bare code stream", "Pillow", saved(rgb, "JPEG2000", no_jp2=True), reason["why"], unread[1])
    add("DDS", "dds_rgb.dds", "RGB", "Pillow", saved(rgb, "DDS"), reason["why"], unread[1])
    for kind in ("DXT1", "DXT5", "BC5"):
        add("DDS", f"dds_{kind.lower()}.dds", kind, "Pillow", saved(rgb if kind == "BC5" else alpha, "DDS", pixel_format=kind), reason["why"], unread[1])
    icon = saved(Image.fromarray(photo(32, 32)), "PNG")
    # By hand, since Pillow's writer adds all sizes up to 1024 x 1024.
    icons = b"icns" + struct.pack(">I", 16 + len(icon)) + b"icp5" + struct.pack(">I", 8 + len(icon)) + icon
    add("ICNS", "icns.icns", "a PNG inside", "by hand", icons, reason["why"], unread[1])
    for kind, options in (("lossy", {}), ("lossless", {"quality": 100, "subsampling": "4:4:4"})):
        add("AVIF", f"avif_{kind}.avif", kind, "Pillow", saved(rgb, "AVIF", **options), reason["why"], unread[1])
    add("HEIC", "heic.heic", "one picture", "pillow-heif", saved(rgb, "HEIF"), reason["why"], unread[1])
    add("JPEG XL", "jxl_container.jxl", "container", "imagecodecs", imagecodecs.jpegxl_encode(RGB, usecontainer=True))
    add("JPEG XL", "jxl_bare.jxl", "bare code stream", "imagecodecs", imagecodecs.jpegxl_encode(RGB))
    add("JPEG XR", "jxr.jxr", "RGB", "imagecodecs", imagecodecs.jpegxr_encode(RGB))
    add("EPS", "eps.eps", "a program that draws", "Pillow", saved(rgb, "EPS"))
    add("PDF", "pdf.pdf", "a document", "by hand", b"%PDF-1.4\n%%EOF\n")
    add("SVG", "svg.svg", "a drawing", "by hand", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    add("Radiance HDR", "hdr.hdr", "RGBE", "by hand", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n" + bytes(4))
    add("OpenEXR", "exr.exr", "header alone", "by hand", b"\x76\x2f\x31\x01\2\0\0\0" + bytes(30))
    add("FITS", "fits.fits", "header alone", "by hand", b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800))
    add("XPM", "xpm.xpm", "text", "by hand", b"/* XPM */\nstatic char *a[] = {\"1 1 1 1\", \"a c #ff0000\", \"a\"};", reason["why"], unread[1])
    for brand, kind in ((b"msf1", "HEIC"), (b"heix", "HEIC"), (b"avci", "HEIC"), (b"j2ki", "HEIC"), (b"vvic", "HEIC"), (b"avio", "AVIF"), (b"avis", "AVIF"), (b"isom", "MP4"), (b"qt  ", "MP4")):
        add(kind, f"brand_{brand.decode().strip()}.bin", f"brand {brand.decode().strip()}", "by hand",
            struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mp42" + bytes(20))


FORMATS = (netpbm, targa, pcx, photoshop, icons, others)
