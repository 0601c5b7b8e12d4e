namespace Serverless.Learning.Text.Jinja;

/// <summary>A parsed template. It keeps no state between renderings and may be rendered by several threads at once.</summary>
internal sealed class Template
{
    private const int MaxMessage = 2000;

    private readonly string _name;
    private readonly IReadOnlyList<Statement> _statements;

    /// <summary>Published templates have some ten thousand.</summary>
    private const int MostCharacters = 200_000;

    private Template(string name, IReadOnlyList<Statement> statements)
    {
        _name = name;
        _statements = statements;
    }

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="name">The name that errors give, such as <c>chat_template.jinja</c>.</param>
    /// <exception cref="InputError">It is too long, not Jinja, or uses what is not supported; the line is named.</exception>
    public static Template Parse(string source, string name)
    {
        if (source.Length > MostCharacters)
            throw new InputError(FormattableString.Invariant($"{name}: found a template of {source.Length:N0} characters; allowed: at most {MostCharacters:N0}"));
        try
        {
            return new Template(name, StatementParser.Parse(source));
        }
        catch (SyntaxError error)
        {
            throw new InputError($"{name} line {error.Line}: {error.Message}", innerException: error);
        }
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">What it is given, by name.</param>
    /// <param name="clock">The time that <c>strftime_now</c> tells, in UTC.</param>
    /// <param name="cancellationToken">Ends the rendering.</param>
    /// <exception cref="InputError">It refuses what it is given, fails, or exceeds the bounds; the line is named.</exception>
    public MarkedText Render(IEnumerable<KeyValuePair<string, object?>> variables, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        var budget = new RenderBudget(clock, cancellationToken: cancellationToken);
        var scope = new Scope(Globals.Scope(budget, clock));
        foreach (var (key, value) in variables)
            scope[key] = value;
        var interpreter = new Interpreter(budget);
        try
        {
            return interpreter.Run(_statements, scope);
        }
        catch (Refusal refusal)
        {
            throw new InputError($"the chat template refuses the conversation: {Shown(refusal.Message)} ({_name} line {interpreter.Line})", innerException: refusal);
        }
        catch (JinjaError error)
        {
            throw new InputError($"{_name} line {interpreter.Line}: {Shown(error.Message)}", innerException: error);
        }
        catch (BudgetError error)
        {
            throw new InputError($"{_name} line {interpreter.Line}: {error.Message}", innerException: error);
        }
        catch (InsufficientExecutionStackException error)
        {
            throw new InputError($"{_name} line {interpreter.Line}: the values are nested too deep", innerException: error);
        }
    }

    /// <summary>The beginning of a message, which may quote strings of the template's own making.</summary>
    private static string Shown(string message) => message.Length <= MaxMessage ? message : message[..MaxMessage] + "…";
}
