namespace Serverless.Tests.Heads;

/// <summary>What a head can be sent; the numbers of Linux (signal(7)).</summary>
internal enum ProcessSignal
{
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
