//! Owns the threads and the channel, and carries out effects.
