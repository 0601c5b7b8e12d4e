namespace Serverless.Learning.Text.Jinja;

/// <summary>Bounds what one rendering may use: a template is foreign code. Whatever makes a value or looks through one pays before it does so.</summary>
/// <param name="clock">Its timestamps tell how long the rendering takes.</param>
/// <param name="processorTime">What the process has had of its processors; null: asks the system.</param>
/// <param name="cancellationToken">Ends the rendering at once.</param>
internal sealed class RenderBudget(TimeProvider clock, Func<TimeSpan>? processorTime = null, CancellationToken cancellationToken = default)
{
    /// <summary>Statements, expressions and list entries visited.</summary>
    public const int MaxSteps = 10_000_000;

    /// <summary>Bytes of all strings, lists and dictionaries made on the way, kept or not.</summary>
    public const long MaxBytes = 256 * 1024 * 1024;

    /// <summary>Characters looked at: compared, searched, counted, folded.</summary>
    public const long MaxLooks = 1L << 30;

    /// <summary>Characters of the rendered text.</summary>
    public const int MaxOutput = 32 * 1024 * 1024;

    /// <summary>Statements, expressions and macro calls inside one another.</summary>
    public const int MaxDepth = 400;

    private const int CallsBetweenLooksAtTheClock = 256, LongLook = 1 << 16;

    // Sizes of objects of the runtime on 64 bits, with their headers.
    private const int BytesOfText = 64, BytesOfMark = 12, BytesOfList = 64, BytesOfEntry = 8, BytesOfMap = 200, BytesOfPair = 80;

    private readonly long _start = clock.GetTimestamp();
    private readonly Func<TimeSpan> _processorTime = processorTime ?? (() => Environment.CpuUsage.TotalTime);
    private readonly TimeSpan _processorStart = processorTime?.Invoke() ?? Environment.CpuUsage.TotalTime;
    private long _steps, _bytes, _looks;
    private int _depth, _calls;

    /// <summary>
    /// The time that a rendering may take: by the clock, as long as the process has had as much of the processors meanwhile, since a busy machine is not the
    /// template's fault. The other bounds end most renderings long before.
    /// </summary>
    public static TimeSpan MaxTime { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Counts work on as many entries.</summary>
    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > MaxSteps)
            throw new BudgetError($"the template takes more than {MaxSteps} steps");
        if (++_calls % CallsBetweenLooksAtTheClock == 0)
            CheckTime();
    }

    /// <summary>Counts a string of so many characters and marks, before it is made.</summary>
    public void Text(long length, int marks = 0) => Bytes(BytesOfText + (length * sizeof(char)) + ((long)marks * BytesOfMark));

    /// <summary>Counts characters that are copied into a string that grows.</summary>
    public void Copy(long length, int marks = 0) => Bytes((length * sizeof(char)) + ((long)marks * BytesOfMark));

    /// <summary>Counts a list of so many entries, before it is made.</summary>
    public void List(long count) => Bytes(BytesOfList + (count * BytesOfEntry));

    /// <summary>Counts a dictionary of so many entries, before it is made.</summary>
    public void Map(long count) => Bytes(BytesOfMap + (count * BytesOfPair));

    /// <summary>Counts bytes, before they are used.</summary>
    public void Bytes(long count)
    {
        _bytes += count;
        if (_bytes > MaxBytes)
            throw new BudgetError($"the template makes values of more than {MaxBytes} bytes in all");
        if (count > LongLook)
            CheckTime();
    }

    /// <summary>Counts characters that are looked at, before they are.</summary>
    public void Look(long count)
    {
        _looks += count;
        if (_looks > MaxLooks)
            throw new BudgetError($"the template looks at more than {MaxLooks} characters in all");
        if (count > LongLook)
            CheckTime();
    }

    /// <summary>Counts what a search for one string in another looks at where nearly every place almost fits.</summary>
    public void Search(long length, long sought) => Look(length + (Math.Max(0, length - sought + 1) * sought / 8));

    /// <summary>Counts what looking up a key looks at.</summary>
    public void Hash(object? key)
    {
        if (key is MarkedText text)
            Look(text.Length);
    }

    /// <summary>Goes one level deeper; <see cref="Leave"/> comes back.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
            throw new BudgetError($"the template nests or recurses deeper than {MaxDepth} levels");
    }

    public void Leave() => _depth--;

    private void CheckTime()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (clock.GetElapsedTime(_start) > MaxTime && _processorTime() - _processorStart > MaxTime)
            throw new BudgetError($"the template takes longer than {MaxTime.TotalSeconds:0} seconds");
    }
}
