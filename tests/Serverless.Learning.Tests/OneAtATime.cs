// Live tensors are counted over the whole process, and libtorch's threads are shared: one test at a time.
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]
