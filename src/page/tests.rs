//! What holds for every page, whatever it shows.
