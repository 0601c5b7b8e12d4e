using System.Collections.Immutable;
using Azure;
using Serverless.Learning;
using Serverless.Service.Storage;

namespace Serverless.Local.Commands;

/// <summary>Turns the words after the program's name into a command and its options, runs it, and tells what went wrong.</summary>
internal sealed class CommandLine(ImmutableArray<ICommand> commands, TextWriter output, TextWriter errors)
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int Misused = 2;
    private const int Interrupted = 130;

    /// <summary>Runs what the arguments ask for; without a command that is the first one.</summary>
    /// <returns>The exit code: 0 done, 1 a fault of ours, 2 a fault in what the caller gave, 130 interrupted.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken ct)
    {
        try
        {
            var (command, arguments) = Parse(words);
            if (arguments is not null)
                return await command!.RunAsync(arguments, ct);
            await output.WriteAsync(command is null ? HelpText.OfAll(commands) : HelpText.Of(command));
            return Succeeded;
        }
        catch (InputError error)
        {
            await errors.WriteLineAsync($"error: {error.Message}");
            return Misused;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (Exception error) when (error is RequestFailedException or AggregateException && BlobFaults.IsAway(error))
        {
            await errors.WriteLineAsync($"error: the storage does not answer: {BlobFaults.Reason(error)}");
            return Failed;
        }
        catch (Exception error)
        {
            await errors.WriteLineAsync($"error, a fault of the program: {error}");
            return Failed;
        }
    }

    /// <summary>The command and its arguments; null arguments ask for help on the command, a null command for help on all.</summary>
    /// <exception cref="InputError">A command or option is unknown, lacks its value or is given twice.</exception>
    internal (ICommand? Command, CommandArguments? Arguments) Parse(IReadOnlyList<string> words)
    {
        var named = words.Count > 0 && !words[0].StartsWith('-');
        if (words.Count > 0 && words[0] is "--help" or "-h" or "help")
            return (null, null);
        var command = named ? Find(words) : commands[0];
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        string? operand = null;
        for (var i = named ? command.Name.Split(' ').Length : 0; i < words.Count; i++)
        {
            if (words[i] is "--help" or "-h")
                return (command, null);
            if (command.Operand is not null && operand is null && !words[i].StartsWith('-'))
            {
                operand = words[i];
                continue;
            }
            var equals = words[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? words[i] : words[i][..equals];
            var option = command.Options.FirstOrDefault(option => option.Name == name) ?? throw Unknown(command, name);
            if (option.Value is null && equals >= 0)
                throw new InputError($"{command.Name}: {name} takes no value");
            if (option.Value is not null && equals < 0 && i + 1 == words.Count)
                throw new InputError($"{command.Name}: {name} needs a value ({option.Value})");
            var value = option.Value is null ? "" : equals < 0 ? words[++i] : words[i][(equals + 1)..];
            if (!values.TryAdd(name, value))
                throw new InputError($"{command.Name}: {name} is given twice");
        }
        return (command, new CommandArguments(command.Name, values, operand));
    }

    private ICommand Find(IReadOnlyList<string> words)
    {
        var found = commands.FirstOrDefault(command => command.Name.Split(' ').SequenceEqual(words.Take(command.Name.Count(c => c == ' ') + 1)));
        var asked = commands.Any(command => command.Name.StartsWith(words[0] + " ", StringComparison.Ordinal)) ? string.Join(' ', words.Take(2)) : words[0];
        return found ?? throw new InputError($"unknown command \"{asked}\"; allowed: {string.Join(", ", commands.Select(command => command.Name))}");
    }

    private static InputError Unknown(ICommand command, string name) => new(
        $"{command.Name}: unknown option \"{name}\"; allowed: {string.Join(", ", command.Options.Select(option => option.Name).Append("--help"))}");
}
