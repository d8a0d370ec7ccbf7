"""What the template's files are rendered with."""

from local_extensions.extension import AnswersExtension

__all__ = ["AnswersExtension"]
