"""crema, seen working on one machine: the real template, deployed by the real `sam deploy` on an emulator of AWS."""
