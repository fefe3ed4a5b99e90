//! Memory that this program no longer uses and its allocator keeps: given back to the system.
//!
//! The allocator of glibc has an arena for each thread and returns only what is free at an arena's end. A long session that is
//! closed leaves holes, and a program that stays open for days would hold for ever what its longest session took.

/// Gives back what is free in every arena; takes a few milliseconds where much is.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "declares a function of the system that no library gives a safe face"
)]
pub fn give_back() {
    // SAFETY: this is its declaration in <malloc.h>, `int malloc_trim(size_t pad)`. It takes no pointer, moves nothing that is in
    // use and locks each arena itself, so it may be called at any time and from any thread (malloc_trim(3)).
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other allocators give back what is free by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
