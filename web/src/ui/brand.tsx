export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 22 22" aria-hidden="true">
      <path
        d="M6.500 1h9A5.500 5.500 0 0 1 21 6.500v7a5.500 5.500 0 0 1-5.500 5.500H9.200L5 21.600c-.6.4-1.400 0-1.300-.8l.2-2.600A5.500 5.500 0 0 1 1 13.500v-7A5.500 5.500 0 0 1 6.500 1z"
        fill="#1E7B59"
      />
      <path d="M11 15.200V10" stroke="#fff" strokeWidth="1.700" strokeLinecap="round" />
      <path d="M11 10.400c.1-3 1.900-4.700 5.200-4.900.2 3.300-1.800 5.100-5.200 4.900z" fill="#fff" />
      <path
        d="M10.900 12.300c-.2-2.200-1.600-3.400-4.300-3.400 0 2.500 1.500 3.700 4.300 3.400z"
        fill="#B7EAD1"
      />
    </svg>
  );
}
