namespace Serverless.Learning.Text.AddedTokens;

/// <summary>A token that is found in the text before the model sees it (the section <c>added_tokens</c> of tokenizer.json).</summary>
/// <param name="SingleWord">Found only where neither neighbour is a word character.</param>
/// <param name="LeftStrip">Takes the white space before it along.</param>
/// <param name="RightStrip">Takes the white space behind it along.</param>
/// <param name="Normalized">Looked for in normalised text, itself normalised.</param>
/// <param name="Special">Steers the model: never found in a user's text, left out when decoding.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);
