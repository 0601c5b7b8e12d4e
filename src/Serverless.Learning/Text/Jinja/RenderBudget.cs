namespace Serverless.Learning.Text.Jinja;

/// <summary>Bounds what one rendering may use: a template is foreign code.</summary>
internal sealed class RenderBudget
{
    /// <summary>Statements, expressions and list entries visited.</summary>
    public const int MaxSteps = 10_000_000;

    /// <summary>Characters of all strings made on the way.</summary>
    public const int MaxCharacters = 128 * 1024 * 1024;

    /// <summary>Characters of the rendered text.</summary>
    public const int MaxOutput = 32 * 1024 * 1024;

    /// <summary>Statements, expressions and macro calls inside one another.</summary>
    public const int MaxDepth = 400;

    private long _steps, _characters;
    private int _depth;

    /// <summary>Counts work on as many entries.</summary>
    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > MaxSteps)
            throw new JinjaError($"the template takes more than {MaxSteps} steps");
    }

    /// <summary>Counts a string of that length, before it is made.</summary>
    public void Characters(long count)
    {
        _characters += count;
        if (_characters > MaxCharacters)
            throw new JinjaError($"the template makes strings of more than {MaxCharacters} characters in all");
    }

    /// <summary>Goes one level deeper; <see cref="Leave"/> comes back.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
            throw new JinjaError($"the template nests or recurses deeper than {MaxDepth} levels");
    }

    public void Leave() => _depth--;
}
