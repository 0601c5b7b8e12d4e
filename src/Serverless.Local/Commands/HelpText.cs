using System.Collections.Immutable;
using System.Text;

namespace Serverless.Local.Commands;

/// <summary>The help of the command line.</summary>
internal static class HelpText
{
    /// <summary>What the program is, and its commands.</summary>
    public static string OfAll(ImmutableArray<ICommand> commands)
    {
        var text = new StringBuilder("Serverless: fine-tunes and serves language models behind OpenAI's HTTP API, on this machine.\n\n");
        text.Append("usage: serverless [command] [options]\n\ncommands\n");
        var width = commands.Max(command => command.Name.Length);
        foreach (var command in commands)
            text.Append(null, $"  {command.Name.PadRight(width)}  {command.Summary}\n");
        text.Append(null, $"\nWithout a command it runs `{commands[0].Name}`. `serverless <command> --help` lists a command's options.\n");
        text.Append("Settings also come from appsettings.json and from variables SERVERLESS_*; README.md lists them.\n");
        return text.ToString();
    }

    /// <summary>A command's options.</summary>
    public static string Of(ICommand command)
    {
        var names = command.Options.Select(option => option.Value is null ? option.Name : $"{option.Name} {option.Value}").ToArray();
        var width = names.Select(name => name.Length).DefaultIfEmpty(0).Max();
        var text = new StringBuilder($"usage: serverless {command.Name}{(command.Operand is { } operand ? " " + operand : "")} [options]\n\n{command.Summary}\n\noptions\n");
        for (var i = 0; i < names.Length; i++)
            text.Append(null, $"  {names[i].PadRight(width)}  {command.Options[i].Meaning}\n");
        return text.ToString();
    }
}
