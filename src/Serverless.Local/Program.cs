using System.Runtime.InteropServices;
using Serverless.Local.Commands;

using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new CommandLine([new TicketsCommand(Console.Out)], Console.Out, Console.Error).RunAsync(args, interrupted.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}
