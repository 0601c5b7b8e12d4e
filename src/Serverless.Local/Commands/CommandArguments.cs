using System.Globalization;
using Serverless.Learning;

namespace Serverless.Local.Commands;

/// <summary>The options given to one command, by name. Every fault is an <see cref="InputError"/> that names the option.</summary>
/// <param name="operand">The word that was given besides options.</param>
internal sealed class CommandArguments(string command, IReadOnlyDictionary<string, string> values, string? operand = null)
{
    /// <summary>The word that was given besides options.</summary>
    /// <param name="meaning">What it is, in a few words.</param>
    public string RequiredOperand(string meaning) =>
        operand ?? throw new InputError($"{command}: {meaning} is missing; `serverless {command} --help` says how to give it");

    /// <summary>The option's value, or null if it was not given.</summary>
    public string? Text(string name) => values.GetValueOrDefault(name);

    /// <summary>Whether the switch was given.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The option's value.</summary>
    public string Required(string name) =>
        Text(name) ?? throw new InputError($"{command}: {name} is missing; `serverless {command} --help` lists the options");

    /// <summary>The path of a file that exists.</summary>
    public string RequiredFile(string name)
    {
        var path = Required(name);
        return File.Exists(path) ? path : throw new InputError($"{command}: {name}: there is no file {Path.GetFullPath(path)}");
    }

    /// <summary>A whole number between the two limits, or null if the option was not given.</summary>
    public int? WholeNumber(string name, int least, int most)
    {
        if (Text(name) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new InputError($"{command}: {name}: found \"{text}\"; allowed: a whole number from {least} to {most}");
    }

    /// <summary>A number above zero, or null if the option was not given.</summary>
    public double? PositiveNumber(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number > 0
            ? number
            : throw new InputError($"{command}: {name}: found \"{text}\"; allowed: a number above 0");
    }

    /// <summary>A number within a range, or null if the option was not given.</summary>
    public double? Number(string name, double minimum, double maximum)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum
            ? number
            : throw new InputError(string.Create(CultureInfo.InvariantCulture, $"{command}: {name}: found \"{text}\"; allowed: a number from {minimum} to {maximum}"));
    }

    /// <summary>One of the allowed words, or null if the option was not given.</summary>
    public string? OneOf(string name, params IReadOnlyList<string> allowed)
    {
        if (Text(name) is not { } text)
            return null;
        return allowed.Contains(text)
            ? text
            : throw new InputError($"{command}: {name}: found \"{text}\"; allowed: {string.Join(", ", allowed)}");
    }
}
