"""Facts: what clusters report of themselves, read by `live`, kept by `record`, and taken over by `resolve`.

Never a guess: what could not be read is as it was recorded last, and is told so; what was never read is missing.
"""
