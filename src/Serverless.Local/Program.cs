using System.Runtime.InteropServices;
using Serverless.Local.Commands;
using Serverless.Local.Composition;
using Spectre.Console;

using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
ICommand[] commands =
[
    new ServeCommand(Console.Out),
    new DemoCommand(AnsiConsole.Console),
    new ClassifyCommand(AnsiConsole.Console),
    new PreferCommand(AnsiConsole.Console),
    new ModelsAddCommand(AnsiConsole.Console, Environment.GetEnvironmentVariable),
    new ModelsListCommand(Console.Out),
    new ModelsRemoveCommand(Console.Out),
    new ModelsGgufCommand(Console.Out),
    new ArithmeticCommand(AnsiConsole.Console),
    new R1Command(AnsiConsole.Console),
    new PreferencesCommand(AnsiConsole.Console),
    new DistilCommand(AnsiConsole.Console),
    new PretrainCommand(AnsiConsole.Console),
    new TicketsCommand(Console.Out),
];
var exitCode = await new CommandLine([.. commands], Console.Out, Console.Error).RunAsync(args, interrupted.Token);
if (LocalHead.LeftWork)
    ProcessEnd.AtOnce(exitCode);
return exitCode;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}
