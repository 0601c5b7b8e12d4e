namespace Serverless.Service.Pipeline.Intake;

/// <summary>How far the intake of a file has come.</summary>
public enum ScanOutcome
{
    /// <summary>There is more to read.</summary>
    More,

    /// <summary>The file's record says whether it is usable; or the file is gone.</summary>
    Done,
}
