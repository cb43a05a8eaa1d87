"""Pictures drawn anew: the same pixels, upright, in sRGB, and nothing else; pure.

What a telephone writes beside the picture (place, time, owner, serial numbers, a small picture from before it was cropped) is
left behind, because nothing but pixels is taken over.
"""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from PIL import Image, ImageCms
from PIL.JpegImagePlugin import get_sampling

from service_catalog.attachments.anatomy import Anatomy, dissect_jpeg, dissect_png, dissect_webp, orientation_of
from service_catalog.attachments.refusals import AttachmentTooLarge, broken_picture

MOST_PIXELS = 50_000_000
"""A small file can unpack to gigabytes; the cameras of most telephones make 12 to 50 million."""
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, ArithmeticError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""What decoders raise over a damaged file."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureKind(NamedTuple):
    """A kind of picture: what Pillow calls it, and who takes it apart."""

    format: str
    dissect: Callable[[bytes], Anatomy]


JPEG = PictureKind("JPEG", dissect_jpeg)
PNG = PictureKind("PNG", dissect_png)
WEBP = PictureKind("WEBP", dissect_webp)


def redraw(content: bytes, kind: PictureKind) -> bytes:
    """Return the picture without anything beside it.

    Raises AttachmentBroken, AttachmentNotWhatItSeems, AttachmentTooLarge, AttachmentTypeNotAllowed.
    """
    anatomy = kind.dissect(content)
    if anatomy.width * anatomy.height > MOST_PIXELS:
        raise AttachmentTooLarge(
            f"图片有 {anatomy.width}×{anatomy.height} 像素，最多 {MOST_PIXELS // 10_000} 万像素",
            f"the picture has {anatomy.width} by {anatomy.height} pixels; at most {MOST_PIXELS:,} in all",
            element="content", most_pixels=MOST_PIXELS,
        )  # fmt: skip
    try:
        return _drawn(anatomy, kind.format)
    except _UNREADABLE as error:
        raise broken_picture(f"{type(error).__name__}: {error}") from error


def _drawn(anatomy: Anatomy, format_name: str) -> bytes:
    with Image.open(io.BytesIO(anatomy.bare), formats=[format_name]) as image:
        image.verify()
    with Image.open(io.BytesIO(anatomy.bare), formats=[format_name]) as image:
        if image.size != (anatomy.width, anatomy.height):
            raise ValueError(f"{image.size} is not the size that the file says")
        image.load()
        how = _how_to_write(image, anatomy)
        pixels = _only_pixels(image, anatomy)
    made = io.BytesIO()
    pixels.save(made, format_name, **how)
    return made.getvalue()


def _how_to_write(image: Image.Image, anatomy: Anatomy) -> dict[str, Any]:
    """Return the options that lose least: a JPEG keeps its own quantisation, so that it loses next to nothing again."""
    if image.format == "JPEG":
        quantization = getattr(image, "quantization", {})
        return {"qtables": [quantization[key] for key in sorted(quantization)], "subsampling": get_sampling(image)}
    if image.format == "WEBP":
        return {"lossless": True} if anatomy.is_lossless else {"quality": 90}
    return {}


def _only_pixels(image: Image.Image, anatomy: Anatomy) -> Image.Image:
    turn = _UPRIGHT.get(orientation_of(anatomy.exif))
    upright = image.copy() if turn is None else image.transpose(turn)
    upright.info = {
        name: value for name, value in image.info.items() if name == "transparency"
    }  # writers take profile, comment and more from here unasked
    return _in_srgb(upright, anatomy.profile) if anatomy.profile else upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the same colours without the profile, which names devices and people; a damaged one is left out."""
    if image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    if "transparency" in image.info:
        image = image.convert("RGBA")  # the transparent colour would be another one afterwards
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode != "CMYK" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if turned is None:
        return image
    turned.info = dict(image.info) if turned.mode == image.mode else {}
    turned.info.pop("icc_profile", None)
    return turned
