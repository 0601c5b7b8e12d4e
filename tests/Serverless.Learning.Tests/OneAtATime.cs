// Live tensors are counted over the whole process, and libtorch's threads are shared: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
