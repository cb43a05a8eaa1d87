"""Why an attachment is not taken. `facts` hold `element`: content or name, as the caller's schema calls them."""

from service_catalog.kernel.errors import Invalid, Said


class AttachmentEmpty(Invalid):
    """There is nothing in the file."""

    title = Said("附件是空的", "The attachment is empty")


class AttachmentTooLarge(Invalid):
    """The file has too many bytes, or the picture too many pixels."""

    title = Said("附件过大", "The attachment is too large")


class AttachmentTypeNotAllowed(Invalid):
    """Files of this type are not taken."""

    title = Said("不接受此类附件", "Attachments of this type are not taken")


class AttachmentNotWhatItSeems(Invalid):
    """The name says another type than the content, or one file hides in another."""

    title = Said("附件名不副实", "The attachment is not what it seems")


class AttachmentBroken(Invalid):
    """The file is cut off or damaged, or a text is not in UTF-8."""

    title = Said("附件已损坏", "The attachment is damaged")


class AttachmentActive(Invalid):
    """The PDF runs something, holds files, or is locked so that nobody can tell."""

    title = Said("附件含有可执行内容", "The attachment has active content")


def broken_picture(reason: str) -> AttachmentBroken:
    """Return the refusal of a picture that cannot be read; `reason` is for the person's own technician."""
    return AttachmentBroken(
        "图片不完整或已损坏，请重新拍摄或另存后再上传",
        "the picture is cut off or damaged; take or save it again",
        element="content",
        reason=reason[:200],
    )


def hides_another(what: Said) -> AttachmentNotWhatItSeems:
    """Return the refusal of a file that another one hides in."""
    return AttachmentNotWhatItSeems(
        f"文件中另有其他内容（{what.zh}），请只上传原件",
        f"something else is hidden in the file ({what.en}); send the plain original",
        element="content",
    )
