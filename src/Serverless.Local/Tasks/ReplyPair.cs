namespace Serverless.Local.Tasks;

/// <summary>A ticket and two replies to it that name the same team: one courteous, one curt.</summary>
public sealed record ReplyPair(string Ticket, string Courteous, string Curt);
