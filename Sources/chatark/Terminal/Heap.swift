import CMalloc

/// The program's heap. A library that does not know a word of these refuses it, and the heap stays as it is.
enum Heap {
    /// Makes every block of a MiB or more go back to the system when it is freed. Call it before there are threads.
    ///
    /// glibc raises that limit to the largest block that was freed, up to 32 MiB. A backup frees packs of 16 MiB and chunks
    /// of some MiB all the time; they then come from heaps in which what is small and stays keeps them apart. A backup of
    /// 40,000 files and 2.3 GB peaked at 442 MB so, and at 288 MB with a limit that stays.
    static func returnLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 32 << 20)
    }

    /// Makes no more heaps than there are now: later threads share them. Call it before there are threads that decode.
    ///
    /// glibc gives each of the first threads a heap of its own, up to eight a core. What is decoded by one thread and dropped
    /// by another then leaves holes in all of them: after a walk through 3,000,000 messages 212 MB were in use with heaps
    /// without limit, 191 to 197 MB with the ones that exist when this is called, 156 MB with one for the whole program. No
    /// slower reading could be measured.
    static func limitCount() {
        mallopt(M_ARENA_MAX, 1)
    }
}
