import CMalloc

/// The program's heap.
enum Heap {
    /// Makes every block of a MiB or more go back to the system when it is freed. Call it before there are threads.
    ///
    /// glibc raises that limit to the largest block that was freed, up to 32 MiB. A backup frees packs of 16 MiB and chunks
    /// of some MiB all the time; they then come from heaps in which what is small and stays keeps them apart. A backup of
    /// 40,000 files and 2.3 GB peaked at 442 MB so, and at 288 MB with a limit that stays.
    static func returnLargeBlocks() {
        // Refused only by a library that does not know the word; then it stays as it is.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 32 << 20)
    }
}
