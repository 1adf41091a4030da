"""What commands share: options, progress, outputs, the microphone, the record of sessions."""
