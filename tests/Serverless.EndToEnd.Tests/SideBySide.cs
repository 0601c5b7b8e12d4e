// Each test has a head, a folder and containers of its own: those of one class need not wait for each other.
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.All)]
