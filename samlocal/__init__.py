"""Every file of events/ through the real `sam local invoke`, in a container, against an emulator of AWS on this machine."""
