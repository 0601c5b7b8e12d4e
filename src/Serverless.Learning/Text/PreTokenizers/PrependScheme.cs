namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>When <see cref="MetaspacePreTokenizer"/> puts its mark before a text that does not begin with it.</summary>
internal enum PrependScheme
{
    Always,

    /// <summary>Only where the whole text starts, not after a special token.</summary>
    First,

    Never,
}
