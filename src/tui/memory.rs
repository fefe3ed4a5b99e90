//! Memory that this program no longer uses: given back to the system.
//!
//! The allocator of glibc has an arena for each thread and returns only what is free at an arena's end. A long session that is
//! closed leaves holes, and a program that stays open for days would hold for ever what its longest session took.
//!
//! The system counts as well each page of the program itself that was once run, with the fifteen around it. Most of what a start
//! runs is never run again, and it is most of what an idle workstation would hold.

/// Gives back what is free in every arena, and the code that was run so far; takes a few milliseconds where much is. What is run
/// again is mapped again from the memory the system keeps files in, sixteen pages at a time: some tens of microseconds for what a
/// key needs.
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
    give_back_code();
}

/// Unmaps the pages of this program's own code, which is read and never written.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the advice is about memory that is in use")]
fn give_back_code() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else {
        return;
    };
    let here = give_back as fn() as usize;
    let Some(code) = code_around(&maps, here) else {
        return;
    };
    let start = std::ptr::with_exposed_provenance_mut(code.start);
    // SAFETY: the range is one mapping of a file, private, to be read and run and not to be written, so none of its pages is a copy
    // of its own: each shows the memory the system keeps the file in, and the next use of one shows that again
    // (madvise(2), MADV_DONTNEED). Whatever becomes of the file, what runs sees the same with the advice and without it.
    let advised =
        unsafe { rustix::mm::madvise(start, code.len(), rustix::mm::Advice::LinuxDontNeed) };
    if let Err(error) = advised {
        tracing::debug!("the code that was run stays mapped: {error}");
    }
}

/// The mapping of a file around an address, where it can be read and run and not be written; of `/proc/PID/maps`, proc(5).
#[cfg(any(test, all(target_os = "linux", target_env = "gnu")))]
fn code_around(maps: &str, address: usize) -> Option<std::ops::Range<usize>> {
    maps.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let (from, to) = fields.next()?.split_once('-')?;
        let from = usize::from_str_radix(from, 16).ok()?;
        let to = usize::from_str_radix(to, 16).ok()?;
        let (rights, inode) = (fields.next()?, fields.nth(2)?);
        let of_file = inode != "0";
        ((from..to).contains(&address) && rights == "r-xp" && of_file).then_some(from..to)
    })
}

/// Other allocators give back what is free by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
1000-2000 r--p 00000000 fe:00 7                                          /usr/bin/creel
2000-5000 r-xp 00001000 fe:00 7                                          /usr/bin/creel (deleted)
5000-6000 rw-p 00004000 fe:00 7                                          /usr/bin/creel
6000-9000 r-xp 00000000 00:00 0                                          [vdso]
not a mapping
";

    #[test]
    fn only_code_of_a_file_is_given_back() {
        for (address, expected) in [
            (0x2000, Some(0x2000..0x5000)),
            (0x4fff, Some(0x2000..0x5000)),
            (0x1000, None),
            (0x5000, None),
            (0x6000, None),
            (0xffff, None),
        ] {
            assert_eq!(code_around(MAPS, address), expected, "{address:x}");
        }
    }

    /// How much of the mapping around an address is in memory, in kB; of `/proc/PID/smaps`, proc(5).
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn resident(address: usize) -> u64 {
        let smaps = std::fs::read_to_string("/proc/self/smaps").expect("the mappings");
        let mut lines = smaps
            .lines()
            .skip_while(|line| code_around(line, address).is_none());
        let rss = lines.find_map(|line| line.strip_prefix("Rss:"));
        let number = rss.and_then(|rss| rss.split_whitespace().next());
        number.expect("its size").parse().expect("a number")
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn what_runs_goes_on_after_its_code_was_given_back() {
        let here = give_back as fn() as usize;
        let before = resident(here);
        give_back();
        let after = resident(here);
        assert!(after <= before, "{before} kB, then {after} kB");
        assert!(
            before <= 4096 || after <= before / 2,
            "{before} kB, then {after} kB"
        );
    }
}
