using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>A team, the issues it handles (each in several wordings), and sentences with its words that ask for nothing.</summary>
internal sealed record TicketTeam(string Name, ImmutableArray<ImmutableArray<SentenceFrame>> Issues, ImmutableArray<SentenceFrame> Asides);
